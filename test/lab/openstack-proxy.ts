import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { PORTS, type ServiceName } from './openstack.ts'

export interface CloudCall {
  readonly at: number
  readonly service: ServiceName
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly body: string
  /** Undefined: not answered yet, or never. */
  status?: number
}

export interface CloudProxy {
  /** What stands in heald's configuration; the catalog that it gets points here too. */
  readonly authUrl: string
  readonly calls: readonly CloudCall[]
  /** Everything that changes something, but health reports; tokens are not counted. */
  acts(): readonly CloudCall[]
  /** Health reports to Magnum. */
  reports(): readonly CloudCall[]
  logins(): readonly CloudCall[]
  /** The one that heald was given last. */
  token(): string | undefined
  /** Called before a request goes on and after its answer came; a promise holds it up. */
  meddle(with_: Meddler | undefined): void
  close(): Promise<void>
}

/** `cut` ends the connection without an answer; an object goes on instead of the request's own body. */
export type Meddling = 'cut' | { readonly body: object } | undefined
export type Meddler = (call: CloudCall, when: 'before' | 'after') => Promise<Meddling> | Meddling

export interface ProxyOptions {
  /** Services left out of the catalog. */
  readonly hide?: readonly ServiceName[]
  /** Keystone is reached by TLS with this certificate. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

const TYPES: Readonly<Record<string, string>> = { nova: 'compute', heat: 'orchestration', magnum: 'container-infra' }
const SERVICES = Object.keys(PORTS) as readonly ServiceName[]

/** Stands between one heald and the cloud: a port per service, every request written down, the catalog rewritten. */
export async function startCloudProxy({ hide = [], tls }: ProxyOptions = {}): Promise<CloudProxy> {
  const calls: CloudCall[] = []
  const servers: Server[] = []
  const addresses = new Map<ServiceName, string>()
  let meddler: Meddler | undefined
  let token: string | undefined

  const rewrite = (text: string): string => {
    let whole = text
    for (const [service, address] of addresses) whole = whole.replaceAll(`http://127.0.0.1:${PORTS[service]}`, address)
    if (hide.length === 0) return whole
    const token = JSON.parse(whole)
    if (token.token?.catalog === undefined) return whole
    const hidden = hide.map((service) => TYPES[service])
    token.token.catalog = token.token.catalog.filter((entry: { type: string }) => !hidden.includes(entry.type))
    return JSON.stringify(token)
  }

  async function handle(service: ServiceName, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray())
    const call: CloudCall = {
      ...{ at: Date.now(), service, method: incoming.method ?? '', body: body.toString() },
      path: (incoming.url ?? '').replace(/\?.*/, ''),
    }
    calls.push(call)
    const before = await meddler?.(call, 'before')
    if (before === 'cut') return void outgoing.destroy()
    const sent = before === undefined ? body : Buffer.from(JSON.stringify(before.body))
    const { answer, text } = await forward(service, incoming, sent)
    call.status = answer.statusCode ?? 0
    token = answer.headers['x-subject-token']?.toString() ?? token
    if ((await meddler?.(call, 'after')) === 'cut') return void outgoing.destroy()
    const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = answer.headers
    const reply = service === 'keystone' ? Buffer.from(rewrite(text.toString())) : text
    outgoing.writeHead(call.status, { ...headers, ...(call.status === 204 ? {} : { 'content-length': reply.length }) })
    outgoing.end(reply)
  }

  for (const service of SERVICES) {
    const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      // What can't be forwarded looks to heald as it would without us: a connection that is refused or breaks.
      handle(service, incoming, outgoing).catch(() => outgoing.destroy())
    }
    const isTls = service === 'keystone' && tls !== undefined
    const server = isTls ? createTlsServer(tls, listener) : createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    addresses.set(service, `${isTls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`)
    servers.push(server)
  }
  const changes = (): readonly CloudCall[] =>
    calls.filter((call) => !['GET', 'HEAD'].includes(call.method) && call.service !== 'keystone')
  const isReport = (call: CloudCall): boolean => call.service === 'magnum' && call.method === 'PATCH'
  return {
    authUrl: `${addresses.get('keystone')}/v3`,
    calls,
    acts: () => changes().filter((call) => !isReport(call)),
    reports: () => changes().filter(isReport),
    logins: () => calls.filter((call) => call.service === 'keystone' && call.method === 'POST'),
    token: () => token,
    meddle(with_) {
      meddler = with_
    },
    async close() {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

function forward(
  service: ServiceName,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<{ answer: IncomingMessage; text: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = {
      ...{ host: '127.0.0.1', port: PORTS[service], method: incoming.method, path: incoming.url },
      // The Host stays, so that links in the answers lead back here.
      ...{ headers: { ...incoming.headers, ...length(incoming, body), connection: 'close' }, agent: false },
    }
    const outgoing = request(options, async (answer) => {
      try {
        resolve({ answer, text: Buffer.concat(await answer.toArray()) })
      } catch (thrown) {
        reject(thrown)
      }
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

function length(incoming: IncomingMessage, body: Buffer): object {
  return incoming.headers['content-length'] === undefined ? {} : { 'content-length': body.length }
}

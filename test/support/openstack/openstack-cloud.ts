import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ProviderDeps } from '../../../src/cloudprovider/contract/define.ts'
import type { Exchange } from '../../../src/cloudprovider/openstack/auth/exchange.ts'
import { openstackOver } from '../../../src/cloudprovider/openstack/index.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import type { Log } from '../../../src/core/ports/log.ts'
import { nodeOf } from '../docker/docker-machines.ts'
import { json, serve } from '../serve.ts'
import { FakeHeat } from './openstack-heat.ts'
import { FakeMagnum } from './openstack-magnum.ts'
import { FakeNova, type FakeServer, type Reply } from './openstack-nova.ts'

export const PASSWORD = 'Zebra77hunter'

export interface Seen {
  readonly service: string
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** What happens to the next request that it likes, instead of or after its handling; `silent`: done, and never answered. */
export type Trouble = (seen: Seen) => Reply | 'cut-before' | 'cut-after' | 'silent' | undefined

interface Teardown {
  teardown(handler: () => void): void
}

/** Keystone, Nova, Magnum, Heat and Cinder of one project, with one cluster of three masters and three workers. */
export class OpenStackCloud {
  url = 'http://openstack.test'
  /** What the services take for the time. */
  now: () => number = Date.now
  nova = new FakeNova()
  heat = new FakeHeat(this.nova, () => this.url)
  magnum = this.#cluster()
  readonly seen: Seen[] = []
  readonly tokens = new Set<string>()
  tokenSeconds = 3_600
  /** Services that the catalog names. */
  services = ['nova', 'magnum', 'heat', 'cinder']
  region = 'RegionOne'
  volumes = new Map<string, { status: string; bootable: string }>()
  trouble: Trouble = () => undefined
  #sent: string[] = []

  /** The way to it inside this process: the same bytes, with no socket. */
  readonly exchange: Exchange = async ({ method, url, headers = {}, body }, signal) => {
    signal.throwIfAborted()
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const reply = this.#answer(method, new URL(url), lower, body === undefined ? '' : JSON.stringify(body))
    // What the way over HTTP makes of it when its time is up, without the waiting.
    if (reply === 'silent') throw Object.assign(new Error("Timeout awaiting 'request'"), { code: 'ETIMEDOUT' })
    if (reply === 'cut') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    return { status: reply.status, headers: reply.headers ?? {}, body: Buffer.from(JSON.stringify(reply.body ?? null)) }
  }

  /** On loopback too. */
  async start(t: Teardown, tls?: { key: string; cert: string }): Promise<this> {
    this.url = await serve(
      t,
      async (request, response) => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const url = new URL(request.url ?? '', 'http://x')
        const reply = this.#answer(request.method ?? '', url, request.headers, Buffer.concat(chunks).toString())
        if (reply === 'silent') return
        if (reply === 'cut') return void request.socket.destroy()
        json(response, reply.status, reply.body ?? null, reply.headers)
      },
      tls,
    )
    return this
  }

  /** A new cluster of the same kind; nothing of the old one is left. */
  reset(): void {
    this.nova = new FakeNova()
    this.heat = new FakeHeat(this.nova, () => this.url)
    this.magnum = this.#cluster()
  }

  tick(): void {
    this.nova.tick()
  }

  /** Mutating requests that were let through since the last call. */
  mutations(): string[] {
    return this.#sent.splice(0)
  }

  options(more: object = {}): object {
    return {
      authUrl: `${this.url}/keystone/v3`,
      username: 'demo',
      userDomainId: 'default',
      password: PASSWORD,
      projectId: 'p',
      clusterName: this.magnum.uuid,
      ...more,
    }
  }

  /** The real provider, with no socket between. */
  provider(more: object, deps: ProviderDeps): CloudProvider {
    return openstackOver(() => this.exchange).create(this.options(more), deps)
  }

  servers(word: 'master' | 'node'): FakeServer[] {
    return [...this.nova.servers.values()].filter(({ name }) => name.includes(`-${word}-`))
  }

  /** The Node that a server's kubelet registers. */
  node(server: FakeServer): NodeFacts {
    const master = server.name.includes('-master-')
    return {
      ...nodeOf(server.name, `openstack:///${server.id}`),
      role: master ? 'master' : 'worker',
      systemUUID: server.id,
      labels: { 'magnum.openstack.org/nodegroup': master ? 'default-master' : 'default-worker' },
    }
  }

  #cluster(): FakeMagnum {
    this.nova.now = () => this.now()
    const stack = this.heat.create('c1-abc')
    const magnum = new FakeMagnum(this.heat, this.nova, stack)
    for (const group of magnum.groups) {
      group.count = 3
      for (let at = 0; at < 3; at++) this.heat.addSlot(stack, group.role === 'master' ? 'kube_masters' : 'kube_minions')
    }
    return magnum
  }

  #answer(method: string, { pathname, search }: URL, headers: Seen['headers'], text: string): Reply | 'cut' | 'silent' {
    const [, service = '', path = ''] = /^\/(\w+)\/v[\d.]+(?:\/p)?(.*)$/.exec(pathname) ?? []
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const seen: Seen = { service, method, path, headers, body }
    this.seen.push(seen)
    const trouble = this.trouble(seen)
    if (trouble === 'cut-before') return 'cut'
    const reply = typeof trouble === 'object' ? trouble : this.#handle(seen, search)
    if (trouble === 'cut-after') return 'cut'
    if (trouble === 'silent') return 'silent'
    const date = new Date(this.now()).toUTCString()
    return { ...reply, headers: { date, 'x-openstack-request-id': `req-${randomUUID()}`, ...reply.headers } }
  }

  #handle(seen: Seen, query: string): Reply {
    const { service, method, path, headers, body } = seen
    if (service === 'keystone') return this.#authenticate(body)
    if (!this.tokens.has(String(headers['x-auth-token']))) return denied
    const isConsole = typeof body === 'object' && body !== null && 'os-getConsoleOutput' in body
    if (method !== 'GET' && !isConsole) this.#sent.push(`${method} ${service} ${path} ${JSON.stringify(body)}`)
    if (service === 'nova') return this.nova.handle(method, path, body)
    if (service === 'heat') return this.heat.handle(method, path, query, body)
    if (service === 'magnum') {
      const version = /1\.(\d+)/.exec(String(headers['openstack-api-version'] ?? '1.1'))?.[1]
      if (method === 'PATCH') this.magnum.updatedAt = new Date(this.now()).toISOString()
      return this.magnum.handle(method, path, Number(version), body)
    }
    const id = path.split('/').at(-1) ?? ''
    const volume = this.volumes.get(id)
    if (volume === undefined) return { status: 404, body: { itemNotFound: { code: 404, message: 'no volume' } } }
    return { status: 200, body: { volume: { id, ...volume, attachments: [] } } }
  }

  #authenticate(body: unknown): Reply {
    if (JSON.stringify(body).includes('"password":"') && !JSON.stringify(body).includes(PASSWORD)) return denied
    const id = `token-${randomUUID()}`
    this.tokens.add(id)
    const now = this.now()
    const time = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z')
    const types: Record<string, string> = {
      nova: 'compute',
      magnum: 'container-infra',
      heat: 'orchestration',
      cinder: 'volumev3',
    }
    const paths: Record<string, string> = { nova: '/v2.1', magnum: '/v1', heat: '/v1/p', cinder: '/v3/p' }
    const catalog = this.services.map((name) => ({
      type: types[name],
      name,
      endpoints: [
        {
          interface: 'public',
          region: this.region,
          region_id: this.region,
          id: name,
          url: `${this.url}/${name}${paths[name]}`,
        },
      ],
    }))
    const token = {
      expires_at: time(now + this.tokenSeconds * 1_000),
      issued_at: time(now),
      user: { id: 'user-1' },
      project: { id: 'p' },
      catalog,
    }
    return { status: 201, body: { token }, headers: { 'x-subject-token': id } }
  }
}

const denied: Reply = {
  status: 401,
  body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
}

/** A log that keeps every line, so that a test can look for secrets in it. */
export function keepLog(): { log: Log; lines: string[] } {
  const lines: string[] = []
  const write = (fields: object, msg: string): void => void lines.push(`${msg} ${JSON.stringify(fields)}`)
  return { log: { debug: write, info: write, warn: write, error: write }, lines }
}

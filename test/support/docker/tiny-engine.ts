import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const NEVER = '0001-01-01T00:00:00Z'

export interface TinyContainer {
  Id: string
  Name: string
  Image: string
  State: { Status: string; StartedAt: string }
  Config: Record<string, unknown> & { Labels: Record<string, string> }
  HostConfig: Record<string, unknown>
  NetworkSettings: { Networks: Record<string, unknown> }
}

/** What to do with a mutating request: carry it out and answer, carry it out and cut the line, or refuse it. */
export type Fate = 'ok' | 'cut-after' | 'cut-before' | number

/** As much of a Docker engine as the provider uses, in memory, on a real socket. */
export interface TinyEngine {
  readonly socket: string
  readonly containers: Map<string, TinyContainer>
  /** Mutating requests as they came in. */
  readonly mutations: string[]
  /** Those that changed something. */
  readonly performed: string[]
  fate: (request: string) => Fate
  run(name: string, labels: Record<string, string>): TinyContainer
  restart(container: TinyContainer): void
  close(): Promise<void>
}

export async function startTinyEngine(): Promise<TinyEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'heald-tiny-'))
  const socket = join(folder, 'docker.sock')
  const containers = new Map<string, TinyContainer>()
  const mutations: string[] = []
  const performed: string[] = []
  let tick = 0

  function restart(container: TinyContainer): void {
    tick += 1
    container.State = { Status: 'running', StartedAt: `2026-01-01T00:00:00.${String(tick).padStart(9, '0')}Z` }
  }

  function create(name: string, body: Partial<TinyContainer['Config']>): TinyContainer | undefined {
    if ([...containers.values()].some((one) => one.Name === `/${name}`)) return undefined
    const { HostConfig = {}, NetworkingConfig: _, ...config } = body
    const container: TinyContainer = {
      Id: randomBytes(32).toString('hex'),
      Name: `/${name}`,
      Image: 'sha256:1',
      State: { Status: 'created', StartedAt: NEVER },
      Config: { Image: 'busybox', ...config, Labels: body.Labels ?? {} },
      HostConfig: { NetworkMode: 'default', ...(HostConfig as object) },
      NetworkSettings: { Networks: { bridge: {} } },
    }
    containers.set(container.Id, container)
    return container
  }

  /** Status and body; the rules are the engine's own. */
  function answer(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): [number, unknown] {
    const [kind, key = '', verb = ''] = path.split('/').slice(1).map(decodeURIComponent)
    if (kind === 'images') return [200, { Id: 'sha256:1' }]
    if (kind !== 'containers') return [404, { message: `page not found: ${path}` }]
    if (key === 'json')
      return [
        200,
        [...containers.values()].map(({ Id, Name, Config: { Labels }, State }) => ({
          Id,
          Names: [Name],
          Labels,
          State: State.Status,
        })),
      ]
    if (method === 'POST' && key === 'create') {
      const made = create(query.get('name') ?? '', body)
      return made === undefined ? [409, { message: 'name is already in use' }] : [201, { Id: made.Id }]
    }
    const one = containers.get(key) ?? [...containers.values()].find((other) => other.Name === `/${key}`)
    if (one === undefined) return [404, { message: `No such container: ${key}` }]
    if (method === 'GET') return [200, one]
    const isUp = one.State.Status === 'running' || one.State.Status === 'paused'
    if (method === 'DELETE') {
      if (isUp && query.get('force') !== 'true') return [409, { message: 'You cannot remove a running container' }]
      containers.delete(one.Id)
      return [204, undefined]
    }
    switch (verb) {
      case 'start':
        if (isUp) return [304, undefined]
        restart(one)
        return [204, undefined]
      case 'restart':
        restart(one)
        return [204, undefined]
      case 'kill':
      case 'stop':
        if (!isUp) return verb === 'stop' ? [304, undefined] : [409, { message: 'is not running' }]
        one.State.Status = 'exited'
        return [204, undefined]
      case 'pause':
        one.State.Status = 'paused'
        return [204, undefined]
      case 'unpause':
        if (one.State.Status !== 'paused') return [500, { message: 'is not paused' }]
        one.State.Status = 'running'
        return [204, undefined]
      case 'rename': {
        const name = `/${query.get('name')}`
        if ([...containers.values()].some((other) => other.Name === name)) return [409, { message: 'in use' }]
        one.Name = name
        return [204, undefined]
      }
      default:
        return [404, { message: `page not found: ${path}` }]
    }
  }

  const engine: TinyEngine = {
    socket,
    containers,
    mutations,
    performed,
    fate: () => 'ok',
    run(name, labels) {
      const container = create(name, { Labels: labels })
      if (container === undefined) throw new Error(`${name} is taken`)
      restart(container)
      return container
    },
    restart,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }

  const server = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming
    const body = await bodyOf(incoming)
    const { pathname, searchParams } = new URL(url, 'http://engine')
    const fate = method === 'GET' ? 'ok' : engine.fate(`${method} ${url}`)
    if (method !== 'GET') mutations.push(`${method} ${url}`)
    if (fate === 'cut-before') return outgoing.destroy()
    const [status, reply] =
      typeof fate === 'number' ? [fate, { message: 'refused' }] : answer(method, pathname, searchParams, body)
    if (method !== 'GET' && status < 300) performed.push(`${method} ${url}`)
    if (fate === 'cut-after') return outgoing.destroy()
    outgoing.writeHead(status, { 'content-type': 'application/json' })
    outgoing.end(reply === undefined ? undefined : JSON.stringify(reply))
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return engine
}

async function bodyOf(incoming: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>)
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LAB_SCRIPTS } from './paths.ts'

const run = promisify(execFile)
const UP_MS = 420_000
const TIMEOUT_MS = 30_000
export const OPENSTACK_SCRIPTS = join(LAB_SCRIPTS, 'openstack')

/** What env.sh calls OS_PORT: the services' ports follow from it. */
const BASE = Number(process.env.OS_PORT ?? 15_000)
export const PORTS = { keystone: BASE, nova: BASE + 1, heat: BASE + 2, magnum: BASE + 3, cinder: BASE + 7 } as const
export type ServiceName = keyof typeof PORTS

/** Catalog types, as the API of the lab's client wants them. */
const TYPES = { nova: 'compute', heat: 'orchestration', magnum: 'container-infra', cinder: 'volumev3' } as const

/** Passwords are of a cloud that listens on loopback for the length of a test run; they stand in env.sh. */
export const USERS = {
  admin: { name: 'admin', password: 'admin-pw', project: 'admin' },
  /** Role member; owner of every cluster. */
  demo: { name: 'demo', password: 'demo-pw', project: 'demo' },
  /** Role reader in the same project. */
  reader: { name: 'demo-reader', password: 'demo-pw', project: 'demo' },
  /** A role in the same project that no policy knows. */
  guest: { name: 'demo-guest', password: 'demo-pw', project: 'demo' },
} as const
export type UserName = keyof typeof USERS

export interface CloudAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into whatever the service answers
  readonly body: any
}

/** One user of the lab's cloud, for setting the scene and looking at the outcome. */
export interface CloudUser {
  readonly token: string
  readonly userId: string
  readonly projectId: string
  /** `path` below the service's endpoint, such as `/servers/detail`; Keystone's below `/v3`. */
  request(service: ServiceName, method: string, path: string, body?: unknown): Promise<CloudAnswer>
  /** As `request`, but a status of 400 or more throws. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  must(service: ServiceName, method: string, path: string, body?: unknown): Promise<any>
}

export interface Cloud {
  /** Keystone's address, with `/v3`. */
  readonly authUrl: string
  /** A new token at each call: earlier ones may have expired or been revoked. */
  as(user: UserName): Promise<CloudUser>
  /** Of tokens given from now on, in seconds; without a number the usual hour. Restarts Keystone. */
  tokenLifetime(seconds?: number): Promise<void>
  /** `name` as in pid/NAME of the lab: nova-api, magnum-conductor, ... Returns when it has stopped, or has been started. */
  service(act: 'stop' | 'kill' | 'freeze' | 'thaw' | 'start', name: string): Promise<void>
}

/** Keystone, Nova, Heat and Magnum, running when this returns; taken down some time after the last test process that asked has ended. */
export async function startCloud(): Promise<Cloud> {
  await script('up.sh', String(process.pid))
  const authUrl = `http://127.0.0.1:${PORTS.keystone}/v3`
  return {
    authUrl,
    as: (user) => logIn(authUrl, user),
    async tokenLifetime(seconds = 3_600) {
      await script('service.sh', 'stop', 'keystone')
      await script('service.sh', 'tokens', String(seconds))
      await script('service.sh', 'start', 'keystone')
      await answers('keystone')
    },
    async service(act, name) {
      await script('service.sh', act, name)
      if (act === 'start' || act === 'thaw') await answers(name)
    },
  }
}

async function script(file: string, ...args: string[]): Promise<void> {
  const path = join(OPENSTACK_SCRIPTS, file)
  if (!existsSync(path)) throw new Error(`openstack lab: ${path} is missing`)
  await run('bash', [path, ...args], { timeout: UP_MS })
}

async function logIn(authUrl: string, user: UserName): Promise<CloudUser> {
  const { name, password, project } = USERS[user]
  const domain = { id: 'default' }
  const identity = { methods: ['password'], password: { user: { name, password, domain } } }
  const reply = await send('POST', `${authUrl}/auth/tokens`, {
    auth: { identity, scope: { project: { name: project, domain } } },
  })
  if (reply.status !== 201) throw new Error(`openstack lab: no token for ${name}: ${reply.status}`)
  const token = reply.headers.get('x-subject-token') ?? ''
  const catalog: { type: string; endpoints: { interface: string; url: string }[] }[] = reply.body.token.catalog
  const endpoint = (service: ServiceName): string => {
    if (service === 'keystone') return authUrl
    const found = catalog.find((entry) => entry.type === TYPES[service])
    const url = found?.endpoints.find((one) => one.interface === 'public')?.url
    if (url === undefined) throw new Error(`openstack lab: no ${service} in the catalog`)
    return url
  }
  const request: CloudUser['request'] = (service, method, path, body) =>
    send(method, `${endpoint(service)}${path}`, body, {
      'x-auth-token': token,
      'openstack-api-version': service === 'magnum' ? 'container-infra 1.10' : 'compute 2.79',
    })
  return {
    ...{ token, userId: reply.body.token.user.id, projectId: reply.body.token.project.id, request },
    async must(service, method, path, body) {
      const answer = await request(service, method, path, body)
      if (answer.status < 400) return answer.body
      throw new Error(`${service}: ${method} ${path}: ${answer.status}: ${JSON.stringify(answer.body)}`)
    },
  }
}

async function send(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<CloudAnswer> {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true && text !== ''
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
}

/** Daemons without an API are taken to be there at once. */
async function answers(name: string): Promise<void> {
  const service = name.replace(/-api$/, '')
  if (!(service in PORTS) || (service === name && name !== 'keystone')) return
  const deadline = performance.now() + 60_000
  for (;;) {
    const reply = await send('GET', `http://127.0.0.1:${PORTS[service as ServiceName]}/`).catch(() => undefined)
    if (reply !== undefined && reply.status < 500) return
    if (performance.now() > deadline) throw new Error(`openstack lab: ${name} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

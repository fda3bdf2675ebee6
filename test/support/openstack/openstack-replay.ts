import { readdirSync, readFileSync } from 'node:fs'
import { createSession, type Session } from '../../../src/cloudprovider/openstack/auth/auth.ts'
import type { ServiceName } from '../../../src/cloudprovider/openstack/auth/catalog.ts'
import type { Credentials } from '../../../src/cloudprovider/openstack/auth/credentials.ts'
import { createExchange } from '../../../src/cloudprovider/openstack/auth/exchange.ts'
import { createHttp } from '../../../src/cloudprovider/openstack/auth/http.ts'
import { createService, type Service } from '../../../src/cloudprovider/openstack/services/service.ts'
import type { Log } from '../../../src/core/ports/log.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { json, serve } from '../serve.ts'

const FOLDER = new URL('../../cloudprovider/openstack/transcripts/', import.meta.url)
const QUIET: Log = { debug() {}, info() {}, warn() {}, error() {} }

export interface Transcript {
  readonly request: { readonly line: string; readonly headers: Record<string, string>; readonly body: unknown }
  readonly response: { readonly line: string; readonly headers: Record<string, string>; readonly body: unknown }
}

/** One exchange with the real services, by its number. */
export function transcript(number: string): Transcript {
  const file = readdirSync(FOLDER).find((name) => name.startsWith(`${number}-`))
  if (file === undefined) throw new Error(`no transcript ${number}`)
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Transcript
}

export interface Replay {
  readonly url: string
  service(name: ServiceName): Service
  session: Session
  /** The next answers, by transcript number; the last one stays. */
  answer(...numbers: string[]): void
  /** What was asked since the last call, tokens left out. */
  asked(): { line: string; version: string | undefined; body: unknown }[]
}

interface Teardown {
  teardown(handler: () => void): void
}

export const CREDENTIALS: Omit<Credentials, 'authUrl'> = {
  identity: { kind: 'password', user: { name: 'demo', domain: { id: 'default' } }, password: '<redacted>' },
  scope: { project: { name: 'demo', domain: { id: 'default' } } },
  region: 'RegionOne',
  interface: 'public',
  trust: { insecure: false },
}

/** A server that gives recorded answers, whatever it is asked; the catalog of the recorded token points to it. */
export async function startReplay(t: Teardown): Promise<Replay> {
  const asked: { line: string; version: string | undefined; body: unknown }[] = []
  let queue: string[] = []
  const url = await serve(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    if (request.url?.endsWith('/auth/tokens') === true && queue[0] !== '001') {
      const { body } = transcript('002').response
      const here = JSON.stringify(body).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, url)
      return json(response, 201, JSON.parse(here), { 'x-subject-token': `token-${asked.length}` })
    }
    const version = request.headers['openstack-api-version']
    asked.push({
      line: `${request.method} ${request.url}`,
      version: typeof version === 'string' ? version : undefined,
      body: text === '' ? null : (JSON.parse(text) as unknown),
    })
    const { response: recorded } = transcript((queue.length > 1 ? queue.shift() : queue[0]) ?? '')
    const { 'x-subject-token': _, ...headers } = recorded.headers
    json(response, Number(recorded.line.split(' ')[1]), recorded.body, headers)
  })
  const http = createHttp(
    QUIET,
    createExchange(() => undefined),
  )
  const load = async (): Promise<Credentials> => ({ ...CREDENTIALS, authUrl: `${url}/v3` })
  const session = createSession({ http, clock: systemClock, log: QUIET, load })
  return {
    url,
    session,
    service: (name) => createService({ name, session, http, log: QUIET }),
    answer: (...numbers) => {
      queue = numbers
    },
    asked: () => asked.splice(0),
  }
}

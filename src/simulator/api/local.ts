import { randomUUID } from 'node:crypto'
import { parse as parseYaml } from 'yaml'
import type { Clock } from '../../core/ports/clock.ts'
import { asError } from '../../lib/errors.ts'
import { listOf, recordOf } from '../../lib/pure/json.ts'
import type { NewId } from '../../lib/pure/random.ts'
import { discover } from './discovery.ts'
import { type ApiAnswer, type ApiRequest, dispatch, routeOf } from './dispatch.ts'
import { createLister } from './list.ts'
import { seed } from './seed.ts'
import { ApiError, badRequest, statusOf } from './store/errors.ts'
import type { Stored } from './store/objects.ts'
import { DEFINITIONS } from './store/resources.ts'
import type { Store } from './store/store.ts'
import { tableOf } from './table.ts'
import { startWatch } from './watch.ts'
import type { World } from './write.ts'

/**
 * What a test has happen to a request. `drop`: the connection breaks before the request is carried out; `dropReply`:
 * after it was. `hang`: no answer, ever. `answer`: refused with this status.
 */
export type Fault =
  | { readonly kind: 'drop' }
  | { readonly kind: 'dropReply' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string; readonly retryAfterSeconds?: number }

/** A request as it comes over a wire. */
export interface RawRequest {
  readonly method: string
  /** Path and query, e.g. `/api/v1/nodes?watch=true`. */
  readonly target: string
  readonly contentType: string
  readonly accept?: string
  /** The body; empty when there is none. */
  readonly text: string
}

/** How a request ends. `drop`, `hang`: with no answer, by a fault. */
export type Reaction = Reply | Watching | { readonly kind: 'drop' } | { readonly kind: 'hang' }

export interface Reply {
  readonly kind: 'answer'
  readonly status: number
  readonly text: string
  readonly retryAfterSeconds?: number
}

/** A stream of JSON lines: `run` writes them until the watch ends or is aborted. */
export interface Watching {
  readonly kind: 'watch'
  run(send: (line: string) => void, signal: AbortSignal): Promise<void>
}

/** A Kubernetes API without a wire. */
export interface LocalApi {
  readonly store: Store
  /** The same way as over a wire, but for faults: for pretend machines and controllers. */
  call(
    method: string,
    path: string,
    body?: object,
    options?: { contentType?: string; query?: Record<string, string> },
  ): ApiAnswer
  /** One request of a client, faults included. */
  react(request: RawRequest): Reaction
  /** What stands in the `Date` of an answer now. */
  date(): string
  /** Asked before each request; undefined takes the rule away. */
  setFaults(rule: ((request: ApiRequest) => Fault | undefined) | undefined): void
  /** Silent watches stay connected and deliver nothing: what packets lost on the way look like. Events meanwhile are lost. */
  silenceWatches(on: boolean): void
  closeWatches(): void
}

export interface LocalApiOptions {
  readonly clock: Clock
  readonly store: Store
  /** How often a watch that asked for bookmarks gets one. */
  readonly bookmarkMs: number
  /** UUIDs, unless every run must give the same. */
  readonly newId?: NewId
}

export const MAX_BODY_BYTES = 3 * 1024 * 1024

/** Does what heald needs of the Kubernetes API. */
export function createLocalApi({ clock, store, bookmarkMs, newId = randomUUID }: LocalApiOptions): LocalApi {
  const world: World = { store, clock, newId }
  const lister = createLister(store, newId)
  const watches = new Set<AbortController>()
  let faults: ((request: ApiRequest) => Fault | undefined) | undefined
  let silent = false
  const definitions = (): readonly Stored[] => store.list(DEFINITIONS.shelf)
  seed(world)

  function reactTo(request: ApiRequest): Reaction {
    const fault = faults?.(request)
    if (fault?.kind === 'drop' || fault?.kind === 'hang') return fault
    if (fault?.kind === 'answer') {
      const { status, reason, retryAfterSeconds } = fault
      const refused = refusal(new ApiError(status, reason, `injected: ${reason}`))
      return retryAfterSeconds === undefined ? refused : { ...refused, retryAfterSeconds }
    }
    const fixed = fixedAnswer(request.path) ?? discover(request.path, definitions)
    if (fixed !== undefined) return answered(fixed)
    const watch = request.query.get('watch')
    if (request.method === 'GET' && (watch === 'true' || watch === '1')) return watching(request)
    const answer = dispatch(world, lister, request)
    return fault?.kind === 'dropReply' ? { kind: 'drop' } : answered(asAsked(request, answer))
  }

  /** As a table, where the client wants one. */
  function asAsked(request: ApiRequest, answer: ApiAnswer): ApiAnswer {
    if (request.asTable !== true || request.method !== 'GET' || answer.code !== 200) return answer
    return { code: 200, body: toTable(request, answer.text === undefined ? answer.body : JSON.parse(answer.text)) }
  }

  function toTable({ path, query }: ApiRequest, found: unknown): object {
    const { plural, group } = routeOf(world, path).resource
    const definition = definitions().find(({ metadata }) => metadata.name === `${plural}.${group}`)
    const [version] = listOf(recordOf(definition?.spec).versions)
    const columns = listOf(recordOf(version).additionalPrinterColumns).map(recordOf)
    return tableOf(recordOf(found), plural, columns, query.get('includeObject'), clock.wall())
  }

  function watching(request: ApiRequest): Watching {
    let write: (line: string) => void = () => undefined
    const send = (line: string): void => {
      if (!silent) write(request.asTable === true ? tableLine(request, line) : line)
    }
    const watch = startWatch({ store, clock, bookmarkMs }, routeOf(world, request.path), request.query, send)
    return {
      kind: 'watch',
      async run(to, signal) {
        write = to
        const controller = new AbortController()
        const stop = (): void => controller.abort()
        signal.addEventListener('abort', stop, { once: true })
        watches.add(controller)
        try {
          if (!signal.aborted) await watch(controller.signal)
        } finally {
          signal.removeEventListener('abort', stop)
          watches.delete(controller)
        }
      },
    }
  }

  function tableLine(request: ApiRequest, line: string): string {
    const { type, object } = recordOf(JSON.parse(line))
    if (type === 'BOOKMARK' || type === 'ERROR') return line
    return `${JSON.stringify({ type, object: toTable(request, object) })}\n`
  }

  return {
    store,
    call: (method, path, body, { contentType = 'application/json', query = {} } = {}) =>
      dispatch(world, lister, { method, path, query: new URLSearchParams(query), body, contentType }),
    react(raw) {
      try {
        return reactTo(parseRequest(raw))
      } catch (thrown) {
        const error = asError(thrown)
        return refusal(
          error instanceof ApiError ? error : new ApiError(500, 'InternalError', error.stack ?? error.message),
        )
      }
    },
    date: () => new Date(clock.wall()).toUTCString(),
    setFaults: (rule) => {
      faults = rule
    },
    silenceWatches: (on) => {
      silent = on
    },
    closeWatches: () => {
      for (const watch of [...watches]) watch.abort()
    },
  }
}

function answered({ code, body, text }: ApiAnswer): Reply {
  return { kind: 'answer', status: code, text: text ?? JSON.stringify(body) }
}

export function refusal(error: ApiError): Reply {
  return answered({ code: error.code, body: statusOf(error) })
}

function parseRequest({ method, target, contentType, accept = '', text }: RawRequest): ApiRequest {
  const url = new URL(target, 'http://localhost')
  const type = contentType.split(';')[0]?.trim() ?? ''
  const body = text === '' ? undefined : parseBody(text, type)
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    body,
    contentType: type,
    asTable: accept.includes('as=Table'),
  }
}

function parseBody(text: string, contentType: string): unknown {
  try {
    return contentType.endsWith('yaml') ? parseYaml(text) : JSON.parse(text)
  } catch (cause) {
    throw badRequest(`the body of the request can't be read: ${asError(cause).message}`)
  }
}

function fixedAnswer(path: string): ApiAnswer | undefined {
  if (path === '/readyz' || path === '/livez' || path === '/healthz') return { code: 200, text: 'ok' }
  if (path === '/version')
    return { code: 200, body: { major: '1', minor: '34', gitVersion: 'v1.34.4+heald-embedded', platform: 'embedded' } }
  return undefined
}

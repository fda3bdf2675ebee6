import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Watched } from '../../../src/core/ports/watched.ts'
import { loadCredentials } from '../../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { createWatched, type WatchOptions } from '../../../src/kube/watch/list-watch.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createMemoryLog, type MemoryLog } from '../memory-log.ts'
import { json, serve } from '../serve.ts'

interface Thing {
  readonly resourceVersion: string
  readonly value: unknown
}

export type Answer = (query: URLSearchParams, response: ServerResponse, request: IncomingMessage) => void

export interface WatchScene {
  readonly watched: Watched<Thing>
  readonly log: MemoryLog
  /** Queries in the order in which they came. */
  readonly asked: URLSearchParams[]
  /** `key=value` or `key gone`, in the order in which listeners were told. */
  readonly told: string[]
  readonly waits: number[]
}

/** A collection whose nth request is answered by the nth of `script`; what comes after stays open and silent. */
export async function watchScene(
  t: Tap,
  script: Answer[],
  options: Partial<WatchOptions<Thing>> = {},
): Promise<WatchScene> {
  const asked: URLSearchParams[] = []
  const url = await serve(t, (request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams
    const answer = script[asked.length]
    asked.push(query)
    if (answer === undefined) response.writeHead(200).flushHeaders()
    else answer(query, response, request)
  })
  const log = createMemoryLog()
  const waits: number[] = []
  const stop = new AbortController()
  const watched = createWatched<Thing>({
    http: createTransport(await loadCredentials({ apiHost: url, env: {} }), systemClock),
    path: '/api/v1/things',
    parse,
    clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 200), signal) },
    log,
    inactivityMs: 5_000,
    backoff: (failures) => {
      waits.push(failures)
      return 1
    },
    ...options,
  })
  const told: string[] = []
  watched.onChange((key, after) => told.push(after === undefined ? `${key} gone` : `${key}=${after.value}`))
  const running = watched.run(stop.signal)
  t.teardown(async () => {
    stop.abort(new Error('test over'))
    await running
  })
  return { watched, log, asked, told, waits }
}

type Tap = { teardown(handler: () => void | Promise<void>): void }

function parse(object: unknown): { key: string; resourceVersion: string; item: Thing } | undefined {
  const { metadata, value } = object as { metadata: { name: string; resourceVersion: string }; value: unknown }
  if (value === 'throw') throw new Error('absurd')
  if (value === undefined) return undefined
  const { name, resourceVersion } = metadata
  return { key: name, resourceVersion, item: { resourceVersion, value } }
}

export const thing = (name: string, resourceVersion: number | string, value: unknown = resourceVersion): object => ({
  metadata: { name, resourceVersion: String(resourceVersion) },
  value,
})
export const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`
export const bookmark = (version: number, end = false): string =>
  event('BOOKMARK', {
    metadata: {
      resourceVersion: String(version),
      ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  })

/** A streamed list of these objects. */
export const listed =
  (version: number, ...objects: object[]): Answer =>
  (_query, response) => {
    response.writeHead(200)
    response.write(objects.map((object) => event('ADDED', object)).join('') + bookmark(version, true))
  }
/** A watch that says this and stays open. */
export const says =
  (...events: string[]): Answer =>
  (_query, response) =>
    void response.writeHead(200).write(events.join(''))
/** A watch that says this and ends. */
export const ends =
  (...events: string[]): Answer =>
  (_query, response) =>
    void response.writeHead(200).end(events.join(''))
export const refuses =
  (status: number, reason: string, headers: Record<string, string> = {}): Answer =>
  (_query, response) =>
    json(response, status, { kind: 'Status', code: status, reason }, headers)

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 3_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`never: ${condition}`)
    await systemClock.sleep(2, AbortSignal.timeout(5_000))
  }
}

import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { asError } from '../../lib/errors.ts'
import { recordAt, textOf } from '../../lib/pure/json.ts'
import type { Random } from '../../lib/pure/random.ts'
import { KubeError, type KubeHttp } from '../client/http.ts'
import { mayBeStreamsFault, pagedList, streamedOrPagedList } from './initial-list.ts'
import { lines } from './lines.ts'
import { isOlder } from './resource-version.ts'
import { unlessSilent } from './unless-silent.ts'
import { parseEvent } from './watch-event.ts'
import { createWatchedStore, type Parse } from './watched-store.ts'

/**
 * How long one watch request lasts. A server that answers the next one is alive, and that is the only sign of life in a
 * quiet cluster: bookmarks come once a minute, too rarely to tell within 30 s that our sight is gone.
 */
const WATCH_SECONDS = 20
const INACTIVITY_MS = 30_000
const SHORTEST_WATCH_MS = 1_000
/** So often in a row must a watch fail at the same place before the place itself is doubted. */
const FAILURES_BEFORE_RELIST = 3

export interface WatchOptions<T> {
  readonly http: KubeHttp
  /** Of the collection, e.g. `/api/v1/nodes`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly parse: Parse<T>
  readonly clock: Clock
  readonly log: Log
  /** A connection on which nothing arrives for this long is given up. More than `watchSeconds`; 30 s. */
  readonly inactivityMs?: Millis
  /** The server is asked to end each watch after this long; 20 s. */
  readonly watchSeconds?: number
  /** Wait after the nth failure in a row, n from 0. 250 ms doubling to 10 s, each with jitter of a half. */
  readonly backoff?: (failures: number) => Millis
  /** Of which that jitter is made. Math.random. */
  readonly random?: Random
}

/** A narrow live copy of one collection. Never holds a page or a whole object. */
export function createWatched<T extends { readonly resourceVersion: string }>(options: WatchOptions<T>): Watched<T> {
  const { http, path, clock, log, query = {}, random = Math.random } = options
  const { watchSeconds = WATCH_SECONDS, inactivityMs = INACTIVITY_MS, backoff = jitteredBy(random) } = options
  const store = createWatchedStore(options.parse, log)
  const silence = { clock, limitMs: inactivityMs }
  let seenAt: Millis | undefined
  let resourceVersion: string | undefined
  /** The highest version that was seen, which outlives that a list is asked for. */
  let reached: string | undefined
  let rewinds = 0
  let failures = 0
  let inPages = false

  function seen(): void {
    seenAt = clock.now()
  }

  function recovered(): void {
    if (failures > 0) log.info({ path, failures }, 'watch is back')
    failures = 0
  }

  async function list(signal: AbortSignal): Promise<void> {
    const read = inPages ? pagedList : streamedOrPagedList
    try {
      resourceVersion = await unlessSilent(
        `LIST ${path}`,
        silence,
        (inner, alive) => {
          store.beginList()
          return read({ http, path, query, alive, onObject: (object) => store.put(object, 'ADDED') }, inner)
        },
        signal,
      )
      inPages = false
    } catch (thrown) {
      inPages = !inPages && mayBeStreamsFault(thrown)
      throw thrown
    }
    store.endList()
    if (isBefore(resourceVersion, reached)) rewinds++
    reached = resourceVersion
    seen()
  }

  /** Versions only grow: a lower one is of another history, and what was to follow ours never comes. */
  function follow(version: string): void {
    if (isBefore(version, reached)) {
      throw new KubeError(410, 'Rewound', `kube: WATCH ${path}: version ${version} after ${reached}`)
    }
    resourceVersion = version
    reached = version
  }

  /** A server that was set back says nothing to a watch from its future, and closes it as it does a quiet one. */
  async function askVersion(signal: AbortSignal): Promise<void> {
    const answer = await http.request({ method: 'GET', path, query: { ...query, limit: 1 } }, signal)
    const version = textOf(recordAt(answer, 'metadata').resourceVersion)
    if (version !== undefined && isBefore(version, reached)) follow(version)
  }

  async function watch(version: string, signal: AbortSignal): Promise<void> {
    const startedAt = clock.now()
    let events = 0
    await unlessSilent(
      `WATCH ${path}`,
      silence,
      async (inner, alive) => {
        const from = { watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: watchSeconds }
        const stream = await http.stream({ method: 'GET', path, query: { ...query, ...from } }, inner)
        alive()
        seen()
        for await (const line of lines(stream)) {
          alive()
          const event = parseEvent(path, line)
          follow(event.resourceVersion)
          if (event.type === 'DELETED') store.remove(event.object)
          else if (event.type !== 'BOOKMARK') store.put(event.object, event.type)
          events++
          seen()
          recovered()
        }
      },
      signal,
    )
    if (events === 0 && clock.now() - startedAt < SHORTEST_WATCH_MS) {
      throw new KubeError(0, 'ShortWatch', `kube: WATCH ${path}: ended at once without a word`)
    }
    if (events === 0) await askVersion(signal)
    seen()
    recovered()
  }

  async function afterFailure(thrown: unknown, signal: AbortSignal): Promise<void> {
    const error = asError(thrown)
    const status = error instanceof KubeError ? error.status : 0
    const fields = { path, status, failures, error: error.message }
    if (failures === 0) log.warn(fields, 'watch failed')
    else log.debug(fields, 'watch failed again')
    const wait = Math.max(backoff(failures), (error instanceof KubeError && error.retryAfterMs) || 0)
    failures++
    if (status === 410 || failures >= FAILURES_BEFORE_RELIST) resourceVersion = undefined
    await clock.sleep(wait, signal)
  }

  return {
    items: store.items,
    get seenAt() {
      return seenAt
    },
    get rewinds() {
      return rewinds
    },
    onChange: store.onChange,
    applyWrite: store.fold,
    async run(signal) {
      while (!signal.aborted) {
        try {
          if (resourceVersion === undefined) await list(signal)
          if (resourceVersion !== undefined) await watch(resourceVersion, signal)
        } catch (thrown) {
          if (signal.aborted) return
          await afterFailure(thrown, signal).catch((stopped: unknown) => {
            if (!signal.aborted) throw stopped
          })
        }
      }
    },
  }
}

function isBefore(version: string, than: string | undefined): boolean {
  return than !== undefined && isOlder(version, than) === true
}

function jitteredBy(random: Random): (failures: number) => Millis {
  return (failures) => Math.min(10_000, 250 * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2)
}

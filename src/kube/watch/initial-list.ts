import { recordAt, textOf } from '../../lib/pure/json.ts'
import { KubeError, type KubeHttp } from '../client/http.ts'
import { createItemSplitter } from './json-items.ts'
import { lines } from './lines.ts'
import { orBadAnswer, parseBytes, parseEvent } from './watch-event.ts'

const PAGE = 500
/** The end of a streamed list: KEP-3157. */
const END_ANNOTATION = 'k8s.io/initial-events-end'

export interface ListSource {
  readonly http: KubeHttp
  readonly path: string
  readonly query: Readonly<Record<string, string | number | boolean>>
  /** Called for every object of the list, one at a time. */
  readonly onObject: (object: unknown) => void
  /** Called for whatever arrives. */
  readonly alive: () => void
}

/** Streamed, and at once in pages when the server says that it can't: the feature is off, or the server is older. */
export async function streamedOrPagedList(source: ListSource, signal: AbortSignal): Promise<string> {
  try {
    return await streamedList(source, signal)
  } catch (thrown) {
    if (thrown instanceof KubeError && (thrown.status === 400 || thrown.status === 422))
      return pagedList(source, signal)
    throw thrown
  }
}

/** Pages are worth a try: the stream was accepted, and then never came to its end. */
export function mayBeStreamsFault(thrown: unknown): boolean {
  return thrown instanceof KubeError && ['Silent', 'ListCutShort', 'BadAnswer'].includes(thrown.reason)
}

/**
 * A consistent list as a stream of events: a third of the memory of pages on the server's side, no page on ours.
 * Returns the resourceVersion to watch from.
 */
async function streamedList(source: ListSource, signal: AbortSignal): Promise<string> {
  const { http, path, onObject, alive } = source
  const query = {
    ...source.query,
    watch: true,
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: true,
  }
  for await (const line of lines(await http.stream({ method: 'GET', path, query, timeoutMs: 30_000 }, signal))) {
    alive()
    const event = parseEvent(path, line)
    if (event.type === 'ADDED') onObject(event.object)
    if (event.type !== 'BOOKMARK') continue
    const annotations = recordAt(recordAt(event.object, 'metadata'), 'annotations')
    if (annotations[END_ANNOTATION] === 'true') return event.resourceVersion
  }
  throw new KubeError(0, 'ListCutShort', `kube: LIST ${path}: the stream ended before the list did`)
}

/** The same in pages, split while they arrive. */
export async function pagedList(source: ListSource, signal: AbortSignal): Promise<string> {
  const { http, path, onObject, alive } = source
  let next: string | undefined
  for (;;) {
    const query = { ...source.query, limit: PAGE, ...(next ? { continue: next } : {}) }
    const splitter = createItemSplitter((json) => onObject(parseBytes(path, json)))
    for await (const chunk of await http.stream({ method: 'GET', path, query, timeoutMs: 30_000 }, signal)) {
      alive()
      splitter.push(chunk)
    }
    const metadata = recordAt(
      orBadAnswer(path, () => splitter.end()),
      'metadata',
    )
    next = textOf(metadata.continue)
    if (next) continue
    const resourceVersion = textOf(metadata.resourceVersion)
    if (resourceVersion) return resourceVersion
    throw new KubeError(200, 'BadAnswer', `kube: LIST ${path}: no resourceVersion in the answer`)
  }
}

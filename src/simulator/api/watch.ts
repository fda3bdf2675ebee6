import type { Clock } from '../../core/ports/clock.ts'
import { ApiError, expired, statusOf } from './store/errors.ts'
import { present } from './store/event-versions.ts'
import type { Stored } from './store/objects.ts'
import { apiVersionOf } from './store/resources.ts'
import type { Route } from './store/routes.ts'
import { type Matches, selectorOf } from './store/selectors.ts'
import type { Change, Store } from './store/store.ts'

export interface WatchOptions {
  readonly store: Store
  readonly clock: Clock
  readonly bookmarkMs: number
}

const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }
const DEFAULT_TIMEOUT_MS = 30 * 60_000

/**
 * Writes the events of one watch to `send`, a line each, until its timeout, its expiry or the signal ends it.
 * The checks of its parameters throw at once, before the promise: they become a plain answer, not an event.
 */
export function startWatch(
  { store, clock, bookmarkMs }: WatchOptions,
  route: Route,
  query: URLSearchParams,
  send: (line: string) => void,
): (signal: AbortSignal) => Promise<void> {
  const { resource, namespace } = route
  checkParameters(query)
  const selected = selectorOf(query)
  const matches: Matches = (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && selected(object)
  const bookmarks = query.get('allowWatchBookmarks') === 'true'
  const from = query.get('resourceVersion') ?? ''

  const emit = (type: string, object: object): void => send(`${JSON.stringify({ type, object })}\n`)
  const emitBookmark = (annotations?: object): void => {
    const extra = annotations === undefined ? {} : { annotations }
    const metadata = { resourceVersion: String(store.version()), creationTimestamp: null, ...extra }
    if (bookmarks) emit('BOOKMARK', { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata })
  }
  const emitChange = (change: Change): void => {
    if (change.shelf !== resource.shelf) return
    const event = eventOf(change, matches)
    if (event !== undefined) emit(event.type, present(resource, event.object))
  }

  function begin(): boolean {
    const initial = query.get('sendInitialEvents')
    if (initial === 'true' || (initial === null && (from === '' || from === '0'))) {
      for (const object of store.list(resource.shelf)) if (matches(object)) emit('ADDED', present(resource, object))
      if (initial === 'true') emitBookmark(INITIAL_EVENTS_END)
      return true
    }
    const missed = from === '' || from === '0' ? [] : store.since(Number(from))
    if (missed === undefined) {
      emit('ERROR', statusOf(expired(`too old resource version: ${from} (${store.version()})`)))
      return false
    }
    for (const change of missed) emitChange(change)
    return true
  }

  return async (signal) => {
    if (!begin()) return
    const off = store.onChange(emitChange)
    const endsAt = clock.now() + (Number(query.get('timeoutSeconds') || 0) * 1_000 || DEFAULT_TIMEOUT_MS)
    try {
      while (clock.now() < endsAt) {
        await clock.sleep(Math.min(bookmarkMs, endsAt - clock.now()), signal)
        emitBookmark()
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown
    } finally {
      off()
    }
  }
}

/** What a change means to a watcher that sees only what its selectors match. */
function eventOf({ before, after }: Change, matches: Matches): { type: string; object: Stored } | undefined {
  const was = before !== undefined && matches(before)
  const is = after !== undefined && matches(after)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: after }
  if (!was) return undefined
  if (after === undefined) return { type: 'DELETED', object: before }
  const { resourceVersion } = after.metadata
  return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion } } }
}

function checkParameters(query: URLSearchParams): void {
  const initial = query.get('sendInitialEvents')
  const match = query.get('resourceVersionMatch')
  const refuse = (field: string, why: string): ApiError =>
    new ApiError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${why}`, {
      kind: 'ListOptions',
      group: 'meta.k8s.io',
      causes: [{ reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }],
    })
  if (initial === null && match) {
    throw refuse(
      'resourceVersionMatch',
      'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    )
  }
  if (initial !== null && match !== 'NotOlderThan') {
    throw refuse('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (query.get('continue')) throw refuse('continue', 'continue is forbidden for watch')
}

import type { NewId } from '../../lib/pure/random.ts'
import { ApiError, badRequest, expired } from './store/errors.ts'
import { present } from './store/event-versions.ts'
import type { Stored } from './store/objects.ts'
import { apiVersionOf, type Resource } from './store/resources.ts'
import type { Route } from './store/routes.ts'
import { selectorOf } from './store/selectors.ts'
import type { Store } from './store/store.ts'

interface Snapshot {
  readonly era: number
  readonly version: string
  readonly items: readonly Stored[]
}

/** Answers LISTs; keeps what later pages of a paged one are cut from. */
export interface Lister {
  list(route: Route, query: URLSearchParams): string
}

const MAX_SNAPSHOTS = 100

export function createLister(store: Store, newId: NewId): Lister {
  const snapshots = new Map<string, Snapshot>()
  // Objects never change in place, so their text is made once for all lists.
  const texts = new WeakMap<Stored, string>()

  /** As Kubernetes writes list items of its own kinds: without apiVersion and kind. */
  function itemText(resource: Resource, object: Stored): string {
    if (resource.group === 'events.k8s.io') return JSON.stringify(present(resource, object))
    const known = texts.get(object)
    if (known !== undefined) return known
    const { apiVersion, kind, ...bare } = object
    const text = JSON.stringify(resource.status === 'custom' ? object : bare)
    texts.set(object, text)
    return text
  }

  function begin({ resource, namespace }: Route, query: URLSearchParams): Snapshot {
    const wanted = Number(query.get('resourceVersion') || 0)
    if (!Number.isInteger(wanted)) throw badRequest(`Invalid value: "${query.get('resourceVersion')}": resourceVersion`)
    if (wanted > store.version()) {
      throw new ApiError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${store.version()}`, {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      })
    }
    const matches = selectorOf(query)
    const items = store
      .list(resource.shelf)
      .filter((object) => (namespace === undefined || object.metadata.namespace === namespace) && matches(object))
    return { era: store.era(), version: String(store.version()), items }
  }

  function resume(token: string): { readonly id: string; readonly from: number; readonly snapshot: Snapshot } {
    const [id = '', from] = Buffer.from(token, 'base64url').toString().split('@')
    const snapshot = snapshots.get(id)
    if (from === undefined) throw badRequest(`continue key is not valid: "${token}"`)
    if (snapshot === undefined || snapshot.era !== store.era()) {
      throw expired('The provided continue parameter is too old to display a consistent list result.')
    }
    return { id, from: Number(from), snapshot }
  }

  return {
    list(route, query) {
      const limit = Number(query.get('limit') || 0)
      const token = query.get('continue')
      const { id, from, snapshot } = token ? resume(token) : { id: newId(), from: 0, snapshot: begin(route, query) }
      const end = limit > 0 ? from + limit : snapshot.items.length
      const remaining = snapshot.items.length - end
      if (remaining > 0) {
        snapshots.set(id, snapshot)
        const [oldest] = snapshots.keys()
        if (snapshots.size > MAX_SNAPSHOTS && oldest !== undefined) snapshots.delete(oldest)
      }
      const metadata = {
        resourceVersion: snapshot.version,
        ...(remaining > 0
          ? { continue: Buffer.from(`${id}@${end}`).toString('base64url'), remainingItemCount: remaining }
          : {}),
      }
      const { resource } = route
      const head = { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata }
      const items = snapshot.items.slice(from, end).map((object) => itemText(resource, object))
      return `${JSON.stringify(head).slice(0, -1)},"items":[${items.join(',')}]}`
    },
  }
}

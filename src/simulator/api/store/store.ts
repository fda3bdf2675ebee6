import type { Stored } from './objects.ts'

/** `before` undefined = created, `after` undefined = deleted; a deletion's `before` carries the deletion's version. */
export interface Change {
  readonly version: number
  readonly shelf: string
  readonly before: Stored | undefined
  readonly after: Stored | undefined
}

/** All objects under one version counter, and a bounded window of their last changes. */
export interface Store {
  version(): number
  get(shelf: string, key: string): Stored | undefined
  /** In the order of their keys. */
  list(shelf: string): readonly Stored[]
  /** Stores under a new resourceVersion and returns what is stored. */
  put(shelf: string, key: string, object: Stored): Stored
  remove(shelf: string, key: string): Stored | undefined
  /** Changes after `version`; undefined when the window does not reach back that far. */
  since(version: number): readonly Change[] | undefined
  /** Counts the compactions: pages that were begun before one can't be continued after it. */
  era(): number
  /** Forgets all changes up to now, as etcd's compaction does. */
  compact(): void
  /** Called in the order of the versions. Returns the way to stop it. */
  onChange(listener: (change: Change) => void): () => void
}

export function createStore(options: { windowSize?: number } = {}): Store {
  const windowSize = options.windowSize ?? 10_000
  const shelves = new Map<string, Map<string, Stored>>()
  const sorted = new Map<string, readonly Stored[]>()
  /** Keys in order: only what is added or removed changes them, and most writes do neither. */
  const orders = new Map<string, readonly string[]>()
  const listeners = new Set<(change: Change) => void>()
  let changes: Change[] = []
  // As on a cluster that has lived: small versions are too old to watch from.
  let version = 1_000
  let oldest = version
  let era = 0

  function shelfOf(name: string): Map<string, Stored> {
    const found = shelves.get(name)
    if (found !== undefined) return found
    const fresh = new Map<string, Stored>()
    shelves.set(name, fresh)
    return fresh
  }

  function record(change: Change): void {
    sorted.delete(change.shelf)
    if (change.before === undefined || change.after === undefined) orders.delete(change.shelf)
    changes.push(change)
    // Cut in bulk: a shift per write would cost more than the write.
    if (changes.length > windowSize * 2) {
      changes = changes.slice(-windowSize)
      oldest = (changes[0]?.version ?? version) - 1
    }
    for (const listener of [...listeners]) listener(change)
  }

  return {
    version: () => version,
    get: (shelf, key) => shelves.get(shelf)?.get(key),
    list(shelf) {
      const known = sorted.get(shelf)
      if (known !== undefined) return known
      const objects = shelfOf(shelf)
      const keys = orders.get(shelf) ?? [...objects.keys()].sort((a, b) => (a < b ? -1 : 1))
      orders.set(shelf, keys)
      const list = keys.map((key) => objects.get(key) as Stored)
      sorted.set(shelf, list)
      return list
    },
    put(shelf, key, object) {
      version += 1
      const after: Stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
      const before = shelfOf(shelf).get(key)
      shelfOf(shelf).set(key, after)
      record({ version, shelf, before, after })
      return after
    },
    remove(shelf, key) {
      const found = shelfOf(shelf).get(key)
      if (found === undefined) return undefined
      version += 1
      const before: Stored = { ...found, metadata: { ...found.metadata, resourceVersion: String(version) } }
      shelfOf(shelf).delete(key)
      record({ version, shelf, before, after: undefined })
      return before
    },
    // One change per version, so its place is known.
    since: (from) => (from < oldest ? undefined : changes.slice(Math.max(0, from - oldest))),
    era: () => era,
    compact() {
      changes = []
      oldest = version
      era += 1
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

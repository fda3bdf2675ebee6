import type { Log } from '../../core/ports/log.ts'
import { asError } from '../../lib/errors.ts'
import { recordAt, textOf } from '../../lib/pure/json.ts'
import { isOlder } from './resource-version.ts'

export interface Parsed<T> {
  readonly key: string
  readonly resourceVersion: string
  readonly item: T
}

/** Narrows one object of the API. Undefined, or a throw: it is malformed. */
export type Parse<T> = (object: unknown) => Parsed<T> | undefined

export type Listener<T> = (key: string, after: T | undefined, before: T | undefined) => void

export interface WatchedStore<T> {
  readonly items: ReadonlyMap<string, T>
  onChange(listener: Listener<T>): void
  fold(key: string, item: T | undefined): void
  /** A full list begins: until `endList` each object replaces what is held, even a newer version, and what is missing is removed. */
  beginList(): void
  endList(): void
  put(object: unknown, type: 'ADDED' | 'MODIFIED'): void
  remove(object: unknown): void
}

/** The narrow copies behind a list and watch, and who is told of their changes. */
export function createWatchedStore<T extends { readonly resourceVersion: string }>(
  parse: Parse<T>,
  log: Log,
): WatchedStore<T> {
  const items = new Map<string, T>()
  const listeners: Listener<T>[] = []
  /** Our own deletions whose event has not come yet: what the watch still says of the time before is old. */
  const buried = new Set<string>()
  /** Our own writes since the present list began: it may have been read before them. */
  const folded = new Set<string>()
  let listed: Set<string> | undefined

  function change(key: string, after: T | undefined): void {
    const before = items.get(key)
    if (before === undefined && after === undefined) return
    if (after === undefined) items.delete(key)
    else items.set(key, after)
    for (const listener of listeners) {
      try {
        listener(key, after, before)
      } catch (thrown) {
        // A listener's fault must not end the watch for everybody else.
        log.error({ key, error: asError(thrown).message }, 'listener failed')
      }
    }
  }

  function narrow(object: unknown): Parsed<T> | undefined {
    let why = 'not readable'
    try {
      const parsed = parse(object)
      if (parsed !== undefined) return parsed
    } catch (thrown) {
      why = asError(thrown).message
    }
    log.warn({ object: namesOf(object)[0] ?? 'unnamed', why }, 'malformed object skipped')
    return undefined
  }

  return {
    items,
    onChange(listener) {
      listeners.push(listener)
    },
    fold(key, item) {
      const held = items.get(key)
      if (item === undefined) buried.add(key)
      else if (held !== undefined && isOlder(item.resourceVersion, held.resourceVersion) === true) return
      else buried.delete(key)
      folded.add(key)
      change(key, item)
    },
    beginList() {
      listed = new Set()
      folded.clear()
      buried.clear()
    },
    endList() {
      for (const key of [...items.keys()]) {
        if (listed?.has(key) === false && !folded.has(key)) change(key, undefined)
      }
      listed = undefined
    },
    put(object, type) {
      const parsed = narrow(object)
      if (parsed === undefined) {
        // It exists, so its last good copy stays.
        for (const name of namesOf(object)) listed?.add(name)
        return
      }
      const { key, item } = parsed
      listed?.add(key)
      if (listed === undefined && type === 'MODIFIED' && buried.has(key)) return
      buried.delete(key)
      const held = items.get(key)
      if (held !== undefined) {
        if (held.resourceVersion === item.resourceVersion) return
        // After etcd was restored from a backup, versions start lower: a list overrules all but our own newest writes.
        const mayBeOld = listed === undefined || folded.has(key)
        if (mayBeOld && isOlder(item.resourceVersion, held.resourceVersion) === true) return
      }
      change(key, item)
    },
    remove(object) {
      const keys = namesOf(object)
      for (const key of keys) {
        buried.delete(key)
        listed?.delete(key)
        const held = items.get(key)
        const version = textOf(recordAt(object, 'metadata').resourceVersion) ?? ''
        // Deleted and created again by ourselves: the copy is of the new object.
        if (held !== undefined && isOlder(version, held.resourceVersion) !== true) change(key, undefined)
      }
    },
  }
}

/** Under which keys an object may be held: those of `parse` are its name, or its namespace and name. */
function namesOf(object: unknown): string[] {
  const { name, namespace } = recordAt(object, 'metadata')
  if (typeof name !== 'string') return []
  return typeof namespace === 'string' ? [name, `${namespace}/${name}`] : [name]
}

import type { FencedObject } from '../../core/model/fenced.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { recordAt, textOf } from '../../lib/pure/json.ts'
import type { KubeHttp } from '../client/http.ts'
import { type Definition, pathOf } from '../crd/definition.ts'
import { createWatched, type WatchOptions } from '../watch/list-watch.ts'
import type { Listener, Parsed } from '../watch/watched-store.ts'
import { aboutOf, isProbeKey } from './keys.ts'
import { createReader, type Read } from './stored.ts'

export interface FencedWatch<Spec, Status> {
  /** Those that can be read. One that no longer can leaves as if it were deleted. */
  readonly objects: Watched<FencedObject<Spec, Status>>
  /** What an object is about (its own name when not even that can be read) -> why it can't be read. */
  unreadable(): ReadonlyMap<string, string>
  /** Those that somebody else keeps, by key: in none of the above. */
  readonly foreign: ReadonlyMap<string, FencedObject<Spec, Status>>
  /** Asks `refuse` about all of them anew: what it goes by has changed. */
  sortAgain(): void
}

export interface FencedWatchOptions<Spec = unknown, Status = unknown>
  extends Pick<WatchOptions<never>, 'inactivityMs' | 'watchSeconds' | 'backoff' | 'random'> {
  readonly http: KubeHttp
  readonly clock: Clock
  readonly log: Log
  /** Whether somebody else keeps it; default: nobody does. */
  readonly isForeign?: (object: FencedObject<Spec, Status>) => boolean
  /** Why an object counts as one that can't be read, though it can; undefined: it does not. */
  readonly refuse?: (object: FencedObject<Spec, Status>) => string | undefined
}

interface Seen<Spec, Status> {
  readonly resourceVersion: string
  readonly object?: FencedObject<Spec, Status>
  readonly unreadable?: { readonly about: string; readonly why: string }
}

/** The live copy of the objects of one kind, the readable apart from the others, without the probe's scratch object. */
export function createFencedWatch<Spec, Status>(
  options: FencedWatchOptions<Spec, Status>,
  definition: Definition<Spec, Status>,
): FencedWatch<Spec, Status> {
  type Item = FencedObject<Spec, Status>
  const objects = new Map<string, Item>()
  const listeners: Listener<Item>[] = []
  const read = createReader(definition)
  const parse = (given: unknown): Parsed<Seen<Spec, Status>> | undefined => seenOf(given, read(given))
  const watched = createWatched<Seen<Spec, Status>>({ ...options, path: pathOf(definition), parse })
  /** By key. Nearly always none. */
  const bad = new Map<string, NonNullable<Seen<Spec, Status>['unreadable']>>()
  let unreadable: ReadonlyMap<string, string> = new Map()

  const badOf = (seen: Seen<Spec, Status> | undefined): Seen<Spec, Status>['unreadable'] => {
    if (seen?.object === undefined) return seen?.unreadable
    const why = options.refuse?.(seen.object)
    return why === undefined ? undefined : { about: aboutOf(definition, seen.object), why }
  }
  const foreign = new Map<string, Item>()
  const sort = (key: string, given: Seen<Spec, Status> | undefined): void => {
    const theirs = given?.object !== undefined && options.isForeign?.(given.object) === true ? given.object : undefined
    if (theirs !== undefined) foreign.set(key, theirs)
    else foreign.delete(key)
    const seen = theirs === undefined ? given : undefined
    const wrong = badOf(seen)
    if (wrong !== undefined || bad.delete(key)) {
      if (wrong !== undefined) bad.set(key, wrong)
      unreadable = new Map([...bad.values()].map(({ about, why }) => [about, why]))
    }
    const before = objects.get(key)
    const after = wrong === undefined ? seen?.object : undefined
    if (after === before) return
    if (after === undefined) objects.delete(key)
    else objects.set(key, after)
    for (const listener of listeners) listener(key, after, before)
  }
  watched.onChange(sort)

  return {
    unreadable: () => unreadable,
    foreign,
    sortAgain() {
      for (const [key, seen] of watched.items) sort(key, seen)
    },
    objects: {
      items: objects,
      get seenAt() {
        return watched.seenAt
      },
      get rewinds() {
        return watched.rewinds ?? 0
      },
      onChange: (listener) => {
        listeners.push(listener)
      },
      applyWrite: (key, object) =>
        watched.applyWrite(key, object === undefined ? undefined : { resourceVersion: object.resourceVersion, object }),
      run: watched.run,
    },
  }
}

function seenOf<Spec, Status>(given: unknown, read: Read<Spec, Status>): Parsed<Seen<Spec, Status>> | undefined {
  if ('object' in read) {
    const { object } = read
    const { name, resourceVersion } = object
    return { key: name, resourceVersion, item: isProbeKey(name) ? { resourceVersion } : { resourceVersion, object } }
  }
  const { name, about, why } = read.unreadable
  const resourceVersion = textOf(recordAt(given, 'metadata').resourceVersion)
  if (resourceVersion === undefined) return undefined
  const item = isProbeKey(name) ? { resourceVersion } : { resourceVersion, unreadable: { about: about ?? name, why } }
  return { key: name, resourceVersion, item }
}

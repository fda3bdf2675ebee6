import type { FencedObject } from '../../core/model/fenced.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { recordAt, textOf } from '../../lib/pure/json.ts'
import type { KubeHttp } from '../client/http.ts'
import { type Definition, pathOf } from '../crd/definition.ts'
import { createWatched, type WatchOptions } from '../watch/list-watch.ts'
import type { Listener, Parsed } from '../watch/watched-store.ts'
import { probeKeyOf } from './keys.ts'
import { createReader, type Read } from './stored.ts'

export interface FencedWatch<Spec, Status> {
  /** Those that can be read. One that no longer can leaves as if it were deleted. */
  readonly objects: Watched<FencedObject<Spec, Status>>
  /** What an object is about (its own name when not even that can be read) -> why it can't be read. */
  unreadable(): ReadonlyMap<string, string>
}

export interface FencedWatchOptions
  extends Pick<WatchOptions<never>, 'inactivityMs' | 'watchSeconds' | 'backoff' | 'random'> {
  readonly http: KubeHttp
  readonly clock: Clock
  readonly log: Log
}

interface Seen<Spec, Status> {
  readonly resourceVersion: string
  readonly object?: FencedObject<Spec, Status>
  readonly unreadable?: { readonly about: string; readonly why: string }
}

/** The live copy of the objects of one kind, the readable apart from the others, without the probe's scratch object. */
export function createFencedWatch<Spec, Status>(
  options: FencedWatchOptions,
  definition: Definition<Spec, Status>,
): FencedWatch<Spec, Status> {
  type Item = FencedObject<Spec, Status>
  const objects = new Map<string, Item>()
  const listeners: Listener<Item>[] = []
  const read = createReader(definition)
  const probeKey = probeKeyOf(definition)
  const parse = (given: unknown): Parsed<Seen<Spec, Status>> | undefined => seenOf(given, read(given), probeKey)
  const watched = createWatched<Seen<Spec, Status>>({ ...options, path: pathOf(definition), parse })
  let unreadable: ReadonlyMap<string, string> = new Map()

  watched.onChange((key, after, before) => {
    if (after?.unreadable !== undefined || before?.unreadable !== undefined) {
      unreadable = unreadableOf(watched.items)
    }
    if (after?.object === undefined) objects.delete(key)
    else objects.set(key, after.object)
    if (after?.object === undefined && before?.object === undefined) return
    for (const listener of listeners) listener(key, after?.object, before?.object)
  })

  return {
    unreadable: () => unreadable,
    objects: {
      items: objects,
      get seenAt() {
        return watched.seenAt
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

function seenOf<Spec, Status>(
  given: unknown,
  read: Read<Spec, Status>,
  probeKey: string,
): Parsed<Seen<Spec, Status>> | undefined {
  if ('object' in read) {
    const { object } = read
    const { name, resourceVersion } = object
    return { key: name, resourceVersion, item: name === probeKey ? { resourceVersion } : { resourceVersion, object } }
  }
  const { name, about, why } = read.unreadable
  const resourceVersion = textOf(recordAt(given, 'metadata').resourceVersion)
  if (resourceVersion === undefined) return undefined
  const item = name === probeKey ? { resourceVersion } : { resourceVersion, unreadable: { about: about ?? name, why } }
  return { key: name, resourceVersion, item }
}

function unreadableOf(items: ReadonlyMap<string, Seen<unknown, unknown>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { unreadable } of items.values()) if (unreadable !== undefined) found.set(unreadable.about, unreadable.why)
  return found
}

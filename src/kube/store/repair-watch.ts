import type { NodeRepair } from '../../core/model/node-repair.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import type { Watched } from '../../core/ports/watched.ts'
import type { KubeHttp } from '../client/http.ts'
import { recordAt, textOf } from '../client/json.ts'
import { createWatched, type WatchOptions } from '../watch/list-watch.ts'
import type { Listener, Parsed } from '../watch/watched-store.ts'
import { PROBE_NAME, readRepair } from './repair-schema.ts'
import { REPAIRS_PATH } from './repairs.ts'

export interface RepairWatch {
  /** Those that can be read. One that no longer can leaves as if it were deleted. */
  readonly repairs: Watched<NodeRepair>
  /** Node name (the object's own name when not even that can be read) -> why it can't be read. */
  unreadable(): ReadonlyMap<string, string>
}

export interface RepairWatchOptions extends Pick<WatchOptions<never>, 'inactivityMs' | 'watchSeconds' | 'backoff'> {
  readonly http: KubeHttp
  readonly clock: Clock
  readonly log: Log
}

interface Seen {
  readonly resourceVersion: string
  readonly repair?: NodeRepair
  readonly unreadable?: { readonly node: string; readonly why: string }
}

/** The live copy of the NodeRepairs, the readable apart from the others, without the probe's scratch object. */
export function createRepairWatch(options: RepairWatchOptions): RepairWatch {
  const repairs = new Map<string, NodeRepair>()
  const listeners: Listener<NodeRepair>[] = []
  const watched = createWatched<Seen>({ ...options, path: REPAIRS_PATH, parse })
  let unreadable: ReadonlyMap<string, string> = new Map()

  watched.onChange((key, after, before) => {
    if (after?.unreadable !== undefined || before?.unreadable !== undefined) {
      unreadable = unreadableOf(watched.items)
    }
    if (after?.repair === undefined) repairs.delete(key)
    else repairs.set(key, after.repair)
    if (after?.repair === undefined && before?.repair === undefined) return
    for (const listener of listeners) listener(key, after?.repair, before?.repair)
  })

  return {
    unreadable: () => unreadable,
    repairs: {
      items: repairs,
      get seenAt() {
        return watched.seenAt
      },
      onChange: (listener) => {
        listeners.push(listener)
      },
      fold: (key, repair) =>
        watched.fold(key, repair === undefined ? undefined : { resourceVersion: repair.resourceVersion, repair }),
      run: watched.run,
    },
  }
}

function parse(object: unknown): Parsed<Seen> | undefined {
  const read = readRepair(object)
  if ('repair' in read) {
    const { repair } = read
    const { name, resourceVersion } = repair
    return { key: name, resourceVersion, item: name === PROBE_NAME ? { resourceVersion } : { resourceVersion, repair } }
  }
  const { name, node, why } = read.unreadable
  const resourceVersion = textOf(recordAt(object, 'metadata').resourceVersion)
  if (resourceVersion === undefined) return undefined
  const item = name === PROBE_NAME ? { resourceVersion } : { resourceVersion, unreadable: { node: node ?? name, why } }
  return { key: name, resourceVersion, item }
}

function unreadableOf(items: ReadonlyMap<string, Seen>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { unreadable } of items.values()) if (unreadable !== undefined) found.set(unreadable.node, unreadable.why)
  return found
}

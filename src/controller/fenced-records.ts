import type { Epoched, FencedObject } from '../core/model/fenced.ts'
import type { ObjectRef } from '../core/model/object-ref.ts'
import type { FencedStore } from '../core/ports/ledger.ts'
import { LedgerConflictError } from '../core/ports/ledger.ts'
import type { Tell } from '../core/ports/log.ts'
import type { Watched } from '../core/ports/watched.ts'

/** A store as one leader uses it: every write carries its epoch, and every reply is folded into the live copy at once. */
export interface Records<Spec extends Epoched, Status extends Epoched>
  extends Pick<FencedStore<Spec, Status>, 'setFinalizer'> {
  /** Consistent LIST, folded in. */
  refresh(signal: AbortSignal): Promise<readonly FencedObject<Spec, Status>[]>
  open(name: string, spec: Spec, signal: AbortSignal): Promise<FencedObject<Spec, Status>>
  save(object: FencedObject<Spec, Status>, status: Status, signal: AbortSignal): Promise<FencedObject<Spec, Status>>
  remove(object: FencedObject<Spec, Status>, signal: AbortSignal): Promise<void>
  /** What an object is about -> why it can't be read. */
  unreadable(): ReadonlyMap<string, string>
  /** True while a write's outcome is unknown: the live copy may be older than it. */
  readonly behind: boolean
}

export interface RecordsOptions<Spec extends Epoched, Status extends Epoched> {
  readonly store: FencedStore<Spec, Status>
  readonly watched: Watched<FencedObject<Spec, Status>>
  readonly tell: Tell
  /** Whom it concerns that the object `name`, which is about `about`, can't be read. */
  readonly regarding: (about: string | undefined, name: string) => readonly ObjectRef[]
  /** Whether somebody else keeps it: it is not even looked at. Default: nobody does. */
  readonly isForeign?: (object: FencedObject<Spec, Status>) => boolean
  /** Why an object counts as one that can't be read, and what it is about; undefined: it does not. */
  readonly refuse?: (object: FencedObject<Spec, Status>) => { readonly about: string; readonly why: string } | undefined
}

export function createRecords<Spec extends Epoched, Status extends Epoched>(
  { store, watched, tell, regarding, refuse, isForeign }: RecordsOptions<Spec, Status>,
  epoch: () => number,
): Records<Spec, Status> {
  let unreadable: ReadonlyMap<string, string> = new Map()
  let behind = false

  /** Runs one write; when its outcome is unknown, nothing opens until a refresh has told. */
  const write = async <T>(name: string, call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await call()
    } catch (thrown) {
      behind = true
      if (thrown instanceof LedgerConflictError) {
        watched.applyWrite(name, await store.get(name, signal))
        behind = false
      }
      throw thrown
    }
  }

  return {
    async refresh(signal) {
      const known = new Map(watched.items)
      const listed = await store.list(signal)
      const names = new Set(listed.objects.map((object) => object.name))
      for (const object of listed.objects) watched.applyWrite(object.name, object)
      // What came to be while the list was under way is not in it, and stays.
      for (const [name, { uid }] of known) {
        if (!names.has(name) && watched.items.get(name)?.uid === uid) watched.applyWrite(name, undefined)
      }
      const own = isForeign === undefined ? listed.objects : listed.objects.filter((object) => !isForeign(object))
      const refused = own.flatMap((object) => {
        const doubt = refuse?.(object)
        return doubt === undefined ? [] : [{ ...doubt, name: object.name }]
      })
      const blocked = new Map<string, string>()
      for (const { name, about, why } of [...listed.unreadable, ...refused]) {
        if (about !== undefined) blocked.set(about, `${name}: ${why}`)
        if (!unreadable.has(about ?? name)) {
          const message = `${name}: ${why}`
          tell({ level: 'error', reason: 'LedgerUnreadable', message, regarding: regarding(about, name) })
        }
      }
      unreadable = blocked
      behind = false
      if (refused.length === 0) return own
      const out = new Set(refused.map(({ name }) => name))
      return own.filter(({ name }) => !out.has(name))
    },
    async open(name, spec, signal) {
      const stored = await write(name, () => store.create(name, { ...spec, epoch: epoch() }, signal), signal)
      watched.applyWrite(name, stored)
      return stored
    },
    async save(object, status, signal) {
      const next = { ...status, epoch: epoch() }
      const stored = await write(object.name, () => store.writeStatus(object, next, signal), signal)
      watched.applyWrite(object.name, stored)
      return stored
    },
    async setFinalizer(object, present, signal) {
      const stored = await write(object.name, () => store.setFinalizer(object, present, signal), signal)
      watched.applyWrite(object.name, stored)
      return stored
    },
    async remove(object, signal) {
      await store.delete(object, signal)
      watched.applyWrite(object.name, undefined)
    },
    unreadable: () => unreadable,
    get behind() {
      return behind
    },
  }
}

import { FINISHED_ATTEMPTS, isOpen, type NodeRepair, phaseOf } from '../../../src/core/model/node-repair.ts'
import type { Order } from '../../../src/core/model/order.ts'
import type { Json } from '../../../src/core/model/primitives.ts'
import type { Store } from './store.ts'
import type { Life } from './world.ts'

export interface Arrival {
  readonly at: number
  readonly node: string
  readonly key: string
  readonly act: string
  /** Of the repair whose order it was: a name that a person has made free is given again. */
  readonly uid: string | undefined
}

/** Looks on from outside, where all is known, and notes each rule that is broken. */
export interface Judge {
  readonly faults: readonly string[]
  /** Requests that changed a machine. */
  readonly acts: readonly Arrival[]
  leads(life: Life, epoch: number): void
  /** A provider is asked to do the step named by this cursor. */
  steps(life: Life, key: string, cursor: Json | undefined): void
  /** A request for a machine leaves. */
  sends(life: Life, order: Order, act: string): void
  /** It comes to the cloud. */
  arrives(order: Order, act: string): void
}

export function createJudge(now: () => number, store: Store): Judge {
  const faults: string[] = []
  const acts: Arrival[] = []
  /** In the order in which they began. */
  const terms: { readonly life: Life; readonly epoch: number }[] = []
  const cursors = new Map<string, Json | undefined>()
  /** Every intent that ever stood in the ledger: an order's key and the cursor. */
  const intents = new Set<string>()
  /** By repair: how many attempts it had when a person deleted it. */
  const withdrawn = new Map<string, number>()
  /** By order: what heald last said of it. Over: its repair is, or waits for a person. */
  const states = new Map<string, string>()
  const blame = (text: string): void => void faults.push(`${(now() / 1_000).toFixed(3)} s: ${text}`)

  function note(repair: NodeRepair): void {
    const attempts = repair.status?.attempts ?? []
    for (const { order, cursor, state } of attempts) {
      intents.add(intentOf(order.key, cursor))
      const isOver = !isOpen(repair) || phaseOf(repair) === 'Parked'
      states.set(attemptOf(repair.uid, order.key), isOver && state !== 'NotSent' ? 'over' : state)
    }
    const known = withdrawn.get(repair.uid)
    // A restored etcd forgets what a person wanted, too.
    if (!repair.deleting) withdrawn.delete(repair.uid)
    else if (known === undefined) withdrawn.set(repair.uid, attempts.length)
    else if (attempts.length > known) {
      blame(`${repair.name}: an attempt is begun after a person has withdrawn it`)
      withdrawn.set(repair.uid, attempts.length)
    }
  }
  store.onWrite(() => {
    for (const repair of store.repair.values()) note(repair)
  })

  return {
    faults,
    acts,
    leads(life, epoch) {
      terms.push({ life, epoch })
    },
    steps: (life, key, cursor) => void cursors.set(`${life.name} ${key}`, cursor),
    sends(life, { key, nodeName }, act) {
      const mine = terms.findLast((term) => term.life === life)
      const last = terms.at(-1)
      if (mine !== last && last !== undefined) {
        blame(
          `${life.name} sends ${act} of ${nodeName} with epoch ${mine?.epoch}, and ${last.life.name} leads with ${last.epoch}`,
        )
      }
      const cursor = cursors.get(`${life.name} ${key}`)
      if (act !== 'start' && !intents.has(intentOf(key, cursor))) {
        blame(
          `${life.name} sends ${act} of ${nodeName}, and no intent with cursor ${JSON.stringify(cursor)} was stored`,
        )
      }
    },
    arrives({ key, nodeName: node, repair }, act) {
      const uid = store.repair.get(repair)?.uid
      const same = acts.filter((one) => one.key === key && one.uid === uid)
      // What was taken back may be done again.
      const takenBack = same.findLastIndex((one) => one.act === 'start')
      if (same.slice(takenBack + 1).some((one) => one.act === act)) {
        blame(`${act} of ${node} comes twice for ${key}`)
      }
      if (states.get(attemptOf(uid, key)) === 'NotSent') {
        blame(`${act} of ${node} comes for ${key}, of which heald says that it was not sent`)
      }
      for (const other of acts) {
        if (other.node !== node || (other.key === key && other.uid === uid)) continue
        const state = states.get(attemptOf(other.uid, other.key)) ?? 'Issued'
        if (state === 'over' || (FINISHED_ATTEMPTS as readonly string[]).includes(state)) continue
        // Of an order that a restored etcd has forgotten, heald goes on with what it finds: not the same once more.
        const isKnown = [...store.repair.values()].some((one) => one.uid === other.uid)
        if (isKnown || other.act === act)
          blame(`${act} of ${node} comes for ${key}, and ${other.act} for ${other.key} is ${state}`)
      }
      acts.push({ at: now(), node, key, act, uid })
    },
  }
}

function attemptOf(uid: string | undefined, key: string): string {
  return `${uid} ${key}`
}

function intentOf(key: string, cursor: Json | undefined): string {
  return `${key} ${JSON.stringify(cursor)}`
}

import { isOpen, type NodeRepair } from '../core/node-repair.ts'
import type { Ledger, Term, Watched } from '../core/ports.ts'
import type { Millis } from '../core/types.ts'
import type { Decision, View } from '../core/view.ts'
import { asError } from '../lib/errors.ts'
import type { Hands } from './hands.ts'
import { outdated } from './history.ts'
import { createLanes } from './lanes.ts'
import { createRecords } from './records.ts'
import { runRound } from './round.ts'
import { seal } from './seal.ts'
import { createUndo } from './undo.ts'

/** At most one round in this time: what happens meanwhile is seen together. */
const ROUND_MS = 1_000
const LONGEST_SLEEP_MS = 5_000
const HOUSEKEEPING_MS = 3_600_000

export type Picture = Omit<View, 'timers'>

export interface LeadOptions extends Omit<Hands, 'term' | 'records' | 'lanes' | 'view' | 'lookAgain'> {
  readonly ledger: Ledger
  readonly repairs: Watched<NodeRepair>
  readonly picture: () => Picture
  /** Cloud and probe about a node, now. */
  readonly lookNow: (node: string, signal: AbortSignal) => Promise<void>
  /** Node, heartbeat, configuration and switches from the API, now. */
  readonly refetch: (node: string, signal: AbortSignal) => Promise<void>
  /** Tells the observer whether the stored rules fence. */
  readonly ledgerHealth: (health: { readonly usable: boolean; readonly reason: string }) => void
  readonly publish: (view: View, decision: Decision) => void
  /** Registers a listener for "something changed"; returns how to take it back. */
  readonly onChange: (listener: () => void) => () => void
  /** Aborted on SIGTERM: plan nothing more, let what is under way end. */
  readonly stopping: AbortSignal
  readonly ownNode: string | undefined
}

/** One term of leadership. Returns when stopping or when the leader's own node needs another leader; throws when the lease is lost. */
export async function lead(options: LeadOptions, term: Term): Promise<'stopped' | 'hand-over'> {
  const { clock, tell } = options
  const lanes = createLanes()
  const records = createRecords(options, () => term.epoch)
  const virtual = new Map<string, NodeRepair>()
  const alarm = createAlarm(options, term.signal)
  let unsealed: ReadonlyMap<string, string> | undefined

  const view = (): View => {
    const picture = options.picture()
    const repairs = virtual.size === 0 ? picture.repairs : new Map([...picture.repairs, ...virtual])
    const unreadable = new Map([...picture.unreadable, ...records.unreadable(), ...(unsealed ?? [])])
    const sight = records.behind ? { ...picture.sight, repairsBehind: true } : picture.sight
    return { ...picture, repairs, unreadable, sight, timers: lanes.timers() }
  }
  const lookAgain = async (node: string, signal: AbortSignal): Promise<void> => {
    await Promise.all([options.refetch(node, signal), options.lookNow(node, signal)])
  }
  const hands: Hands = { ...options, term, records, lanes, view, lookAgain }
  const undo = createUndo(options.nodes)
  const roundOptions = { publish: options.publish, ownNode: options.ownNode, wake: alarm.ring, virtual }
  let lastRun = clock.now()
  let sealAt = lastRun
  let housekeepingAt = lastRun

  try {
    while (!options.stopping.aborted) {
      term.signal.throwIfAborted()
      const now = clock.now()
      let wakeAt: Millis | undefined
      try {
        if (unsealed === undefined && now >= sealAt) {
          sealAt = now + LONGEST_SLEEP_MS
          if (onlyLooks(view())) options.ledgerHealth({ usable: true, reason: 'NotTriedInDryRun' })
          else unsealed = await takeOver(options, hands)
        }
        if (records.behind) await records.refresh(term.signal)
        const result = await runRound(hands, roundOptions, unsealed !== undefined, now - lastRun)
        wakeAt = result.wakeAt
        if (result.handOver) return handOver(options)
        await undo.run(hands)
        if (now >= housekeepingAt) {
          housekeepingAt = now + HOUSEKEEPING_MS
          for (const repair of outdated(view().repairs.values(), view().calendar))
            await records.remove(repair, term.signal)
        }
      } catch (thrown) {
        term.signal.throwIfAborted()
        tell({ level: 'warn', reason: 'RoundFailed', message: asError(thrown).message })
      }
      lastRun = now
      await alarm.sleep(now, wakeAt)
    }
    return 'stopped'
  } finally {
    alarm.close()
    await lanes.settled()
  }
}

function handOver({ tell, ownNode }: LeadOptions): 'hand-over' {
  tell({
    level: 'warn',
    reason: 'HandOver',
    message: `${ownNode} is our own node: another leader must repair it`,
    node: ownNode,
  })
  return 'hand-over'
}

/** Dry-run writes nothing, not even to try the ledger; but repairs that are open already go on to their end. */
function onlyLooks(view: View): boolean {
  return view.switches.dryRun && ![...view.repairs.values()].some((repair) => isOpen(repair) && repair.uid !== '')
}

/** Tries on the living API server whether the stored rules fence, then seals. Undefined: not yet; nothing may be advanced. */
async function takeOver(options: LeadOptions, hands: Hands): Promise<ReadonlyMap<string, string> | undefined> {
  const health = await options.ledger.probe(hands.term.signal)
  options.ledgerHealth(health)
  if (health.usable) return seal(hands)
  hands.tell({ level: 'error', reason: 'LedgerUnusable', message: health.reason })
  return undefined
}

/** Sleeps between rounds: until something changes or `wakeAt`, but never less than a round's time. */
function createAlarm(options: LeadOptions, lost: AbortSignal) {
  const { clock, stopping } = options
  const signal = AbortSignal.any([lost, stopping])
  let dirty = false
  let wake: (() => void) | undefined
  const ring = (): void => {
    dirty = true
    wake?.()
  }
  const close = options.onChange(ring)
  return {
    ring,
    close,
    async sleep(startedAt: Millis, wakeAt: Millis | undefined): Promise<void> {
      await clock.sleep(Math.max(0, startedAt + ROUND_MS - clock.now()), signal).catch(() => undefined)
      if (!dirty && !signal.aborted) {
        const woken = new AbortController()
        wake = () => woken.abort()
        const rest = Math.min((wakeAt ?? Number.POSITIVE_INFINITY) - clock.now(), LONGEST_SLEEP_MS)
        await clock.sleep(Math.max(0, rest), AbortSignal.any([signal, woken.signal])).catch(() => undefined)
        wake = undefined
      }
      dirty = false
    },
  }
}

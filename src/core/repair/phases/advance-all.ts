import type { Effect, Wait } from '../../model/effects.ts'
import { isAbandoning, isOpen, lastAttempt, type NodeRepair, phaseOf } from '../../model/node-repair.ts'
import type { Policy, RungPolicy } from '../../model/policy.ts'
import type { RepairTimer, Verdict, View } from '../../model/view.ts'
import { batchKeyOf, companionsInAct } from '../batch.ts'
import { LOCKED_MS, lockedBy } from '../lock.ts'
import { newTimer } from '../repair-timers.ts'
import { advance } from './advance.ts'

/** A repair that is due waits so long for others of its batch that are in repair too: they seldom are due together. */
const GATHER_MS = 20_000
const LOOK_MS = 1_000
/** A cursor is at most 1 KiB and tells of each machine. */
const MOST_TOGETHER = 8

type Verdicts = ReadonlyMap<string, Verdict>
type Wishes = ReadonlyMap<string, Effect | Wait>

/**
 * The next effect of every repair, or what it waits for: `advance` says what each wants by itself; here those that go
 * to the cloud together are brought together, and those that are in each other's way wait. Repairs of dry-run and
 * those that can't be read have no entry.
 */
export function advanceAll(view: View, policy: Policy, verdicts: Verdicts): ReadonlyMap<string, Effect | Wait> {
  const wishes = new Map<string, Effect | Wait>()
  const acting: { readonly repair: NodeRepair; readonly wish: Effect }[] = []
  for (const repair of view.repairs.values()) {
    const node = repair.spec.nodeName
    if (repair.uid === '' || view.unreadable.has(node)) continue
    const wish = advance(repair, view, policy, verdicts.get(node))
    wishes.set(repair.name, wish)
    if (!('wait' in wish)) acting.push({ repair, wish })
  }
  // All look at the same wishes: what one is told changes none of the others' answers.
  const told = acting.map(({ repair, wish }) => [repair.name, together(repair, wish, view, verdicts, wishes)] as const)
  for (const [name, next] of told) wishes.set(name, next)
  return wishes
}

function together(repair: NodeRepair, wish: Effect, view: View, verdicts: Verdicts, wishes: Wishes): Effect | Wait {
  const timer = timerOf(repair, view)
  if (timer.busy) return { wait: Number.POSITIVE_INFINITY, why: 'an effect is under way' }
  if (view.now < timer.notBefore) {
    const wait = timer.notBefore - view.now
    const locked = wish.do === 'issue' ? lockedBy(repair, wish.rung, view, undefined) : undefined
    if (locked !== undefined) return { wait, reason: 'Locked', why: `waits for its lock: ${locked}` }
    return { wait, reason: 'Backoff', why: 'waits a while before it tries again' }
  }
  if (wish.do === 'issue') return beginTogether(repair, wish, view, verdicts, wishes)
  if (wish.do === 'step' || wish.do === 'recover') return goOnTogether(repair, wish, view, wishes)
  return wish
}

/** All that are due for this rung, are free, and have an equal batch key begin it together. */
function beginTogether(
  repair: NodeRepair,
  wish: Effect & { readonly do: 'issue' },
  view: View,
  verdicts: Verdicts,
  wishes: Wishes,
): Effect | Wait {
  const { rung } = wish
  const { due, coming } = companionsOf(repair, rung, view, verdicts, wishes)
  const gatherUntil = timerOf(repair, view).gatherUntil ?? view.now + GATHER_MS
  if (coming !== undefined && view.now < gatherUntil) {
    return { wait: LOOK_MS, reason: 'Gathering', why: `waits for ${coming} to go together`, gatherUntil }
  }
  const locked = lockedBy(repair, rung, view, undefined)
  if (locked !== undefined) {
    const why = `waits for its lock: ${locked}`
    return { wait: LOCKED_MS, reason: 'Locked', why, notBefore: view.now + LOCKED_MS }
  }
  return due.length === 0 ? wish : { ...wish, with: due.slice(0, MOST_TOGETHER - 1) }
}

interface Companions {
  /** Names of repairs. */
  readonly due: readonly string[]
  /** A node of the batch that may be due in a moment. */
  readonly coming: string | undefined
}

function companionsOf(
  repair: NodeRepair,
  rung: RungPolicy,
  view: View,
  verdicts: Verdicts,
  wishes: Wishes,
): Companions {
  const key = batchKeyOf(repair.spec.nodeName, rung.rung, view)
  if (key === undefined || wasRefused(repair)) return { due: [], coming: undefined }
  const due: string[] = []
  let coming: string | undefined
  for (const [name, wish] of wishes) {
    const other = view.repairs.get(name)
    if (other === undefined || name === repair.name || !isOpen(other) || wasRefused(other)) continue
    const node = other.spec.nodeName
    if (batchKeyOf(node, rung.rung, view) !== key) continue
    const { busy, failures } = timerOf(other, view)
    const isDue = 'do' in wish && wish.do === 'issue' && wish.rung.rung === rung.rung
    if (isDue && !busy && failures === 0) due.push(name)
    else if (isDue || isComing(other, view)) coming ??= node
  }
  if (coming === undefined) {
    for (const verdict of verdicts.values()) if (opensSoon(verdict, rung, key, view)) coming ??= verdict.node
  }
  return { due, coming }
}

/** What says no for a moment only: not failing for long enough, not witnessed, still beating, not looked up yet, or the next in line. */
const PASSES_SOON: ReadonlySet<string> = new Set(
  'NotYet OnePlane NoEvidence Contradicted CloudNotAsked VolumesUnknown OneAtATime'.split(' '),
)

/** Fails, has no repair yet, and nothing but time keeps it from one. */
function opensSoon({ node, repair, gates }: Verdict, { rung }: RungPolicy, key: string, view: View): boolean {
  if (repair !== undefined || !gates.every(({ pass, reason }) => pass || PASSES_SOON.has(reason))) return false
  return view.instances.get(node)?.state === undefined || batchKeyOf(node, rung, view) === key
}

/** What was refused together, such as for a quota, may be granted one by one. */
function wasRefused(repair: NodeRepair): boolean {
  return lastAttempt(repair)?.state === 'NotSent'
}

/** Still broken, and on its way up the ladder. */
function isComing(repair: NodeRepair, view: View): boolean {
  const phase = phaseOf(repair)
  if (repair.deleting || (phase !== 'Pending' && phase !== 'Draining' && phase !== 'Verifying')) return false
  const clocks = view.suspicions.get(repair.spec.nodeName)?.clocks ?? []
  return clocks.some((clock) => clock.failingSince !== undefined)
}

/** A later step of an act needs a yes from each of its members, and is only watched as soon as one may only watch. */
function goOnTogether(
  repair: NodeRepair,
  wish: Effect & { readonly do: 'step' | 'recover' },
  view: View,
  wishes: Wishes,
): Effect | Wait {
  const others = companionsInAct(repair, view)
  if (others.length === 0) return wish
  const waitFor = (other: NodeRepair, what: string): Wait => {
    const why = `waits for ${other.spec.nodeName}, which goes together with it: ${what}`
    return { wait: LOOK_MS, reason: 'Companion', why }
  }
  let agreed = wish.do
  for (const other of others) {
    const { busy, notBefore } = timerOf(other, view)
    const theirs = wishes.get(other.name)
    if (theirs === undefined) return waitFor(other, 'its repair can not be read')
    if (busy || view.now < notBefore || isAbandoning(other)) return waitFor(other, 'it is busy')
    if (wish.do === 'recover') continue
    if ('wait' in theirs) return waitFor(other, theirs.why)
    if (theirs.do !== 'step' && theirs.do !== 'recover') return waitFor(other, 'it has to do something else first')
    if (theirs.do === 'recover') agreed = 'recover'
  }
  return { do: agreed, attempt: wish.attempt, with: others.map(({ name }) => name) }
}

function timerOf(repair: NodeRepair, view: View): RepairTimer {
  return view.timers.get(repair.name) ?? newTimer(repair)
}

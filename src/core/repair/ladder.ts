import { formatDuration } from '../../lib/pure/duration.ts'
import { parseRfc3339 } from '../../lib/pure/rfc3339.ts'
import type { InstanceView } from '../model/instance.ts'
import { isProvenOff } from '../model/instance.ts'
import type { Attempt, NodeRepair } from '../model/node-repair.ts'
import type { RolePolicy, RungPolicy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import { type HoldReason, type OutsideReason, outsideReason } from '../model/reasons.ts'
import type { RungName } from '../model/rungs.ts'

export interface SkippedRung {
  readonly rung: RungName
  readonly reason: string
}

export interface NextRung {
  readonly rung: RungPolicy | 'human'
  /** Rungs passed over that were never tried, with why. */
  readonly skipped: readonly SkippedRung[]
  /** The provider, or something that cannot be read, says wait. */
  readonly hold?: { readonly reason: HoldReason | OutsideReason; readonly message: string }
  /** Monotonic: not before this. */
  readonly waitUntil?: Millis
}

export interface LadderTime {
  readonly now: Millis
  readonly calendar: Millis
  readonly maxNotSent: number
  /**
   * Nothing of the node is heard: the hard reboot comes at once. Only that one is proven without a word of the node, and
   * a machine that is merely cut off is rebooted once, not twice.
   */
  readonly unheard?: boolean
  /** A person asks for this rung: the ladder begins there. */
  readonly from?: RungName | undefined
}

/** A machine that keeps switching itself off is started this often in one repair; then the next rung is due. */
const MAX_STARTS = 2
const NONE: readonly never[] = []
/** Nearly every suspect skips `start` and nothing else: they share one list. */
const NOT_OFF: readonly SkippedRung[] = Object.freeze([{ rung: 'start', reason: 'NotOff' } as const])

/**
 * The first rung of the ladder that has not been tried yet and that the cloud can do. Once a rung was tried,
 * the rungs below it are not tried any more. `start` is the exception: it comes back whenever the machine is proven off.
 * An attempt without an outcome does not count as tried, so a crash of heald never climbs.
 */
export function nextRung(
  repair: NodeRepair | undefined,
  instance: InstanceView | undefined,
  role: RolePolicy,
  time: LadderTime,
): NextRung {
  const attempts = repair?.status?.attempts ?? NONE
  const { ladder } = role
  const climb =
    attempts.length === 0 ? FRESH : { floor: highestTried(role, attempts), attempts, maxNotSent: time.maxNotSent }
  const begin = time.from === undefined ? 0 : ladder.findIndex((entry) => entry.rung === time.from)
  let skipped: readonly SkippedRung[] | undefined
  for (let index = 0; index < ladder.length; index++) {
    const rung = ladder[index]
    if (rung === undefined) continue
    const why =
      (index < begin ? 'NotAskedFor' : undefined) ??
      passOver(rung, index, climb, instance) ??
      (skipsSoft(rung, ladder, instance, time) ? 'Unheard' : undefined)
    if (why === undefined) {
      const wait = holdOn(rung, instance, attempts, time)
      return wait === undefined ? { rung, skipped: skipped ?? NONE } : { rung, skipped: skipped ?? NONE, ...wait }
    }
    if (why === 'NotOff' && skipped === undefined) skipped = NOT_OFF
    else if (why !== 'Tried') skipped = [...(skipped ?? []), { rung: rung.rung, reason: why }]
  }
  return { rung: 'human', skipped: skipped ?? NONE }
}

interface Climb {
  readonly floor: number
  readonly attempts: readonly Attempt[]
  readonly maxNotSent: number
}

/** Nothing was tried yet, as with nearly every suspect of a bad day. */
const FRESH: Climb = { floor: -1, attempts: NONE, maxNotSent: 0 }

/** Why this rung is not the next one; undefined when it is. */
function passOver(
  rung: RungPolicy,
  index: number,
  { attempts, floor, maxNotSent }: Climb,
  instance: InstanceView | undefined,
): string | undefined {
  if (rung.rung === 'start') {
    if (!isProvenOff(instance)) return countTried(attempts, 'start') > 0 ? 'Tried' : 'NotOff'
    if (countTried(attempts, 'start') >= MAX_STARTS) return 'Tried'
  } else {
    if (countTried(attempts, rung.rung) > 0) return 'Tried'
    if (index < floor) return 'ClimbedPast'
  }
  if (countState(attempts, rung.rung, 'NotSent') > maxNotSent) return 'NotSent'
  const located = instance?.located
  if (located !== undefined && 'gone' in located && rung.rung !== 'replace') return 'InstanceGone'
  const plan = planOf(instance, rung.rung)
  // Nothing is called unsupported before the cloud has spoken.
  if (plan === undefined) return instance?.state === undefined ? undefined : 'Unsupported'
  return plan.verdict === 'skip' ? plan.reason : undefined
}

function skipsSoft(
  { rung }: RungPolicy,
  ladder: RolePolicy['ladder'],
  instance: InstanceView | undefined,
  { unheard }: LadderTime,
): boolean {
  if (rung !== 'reboot-soft' || unheard !== true) return false
  return ladder.some((entry) => entry.rung === 'reboot-hard') && planOf(instance, 'reboot-hard')?.verdict === 'ok'
}

function holdOn(
  rung: RungPolicy,
  instance: InstanceView | undefined,
  attempts: readonly Attempt[],
  time: LadderTime,
): Pick<NextRung, 'hold' | 'waitUntil'> | undefined {
  const plan = planOf(instance, rung.rung)
  if (plan?.verdict === 'hold') {
    return {
      hold: {
        reason: outsideReason(plan.reason),
        message: plan.message ?? `the cloud cannot ${rung.rung} now: ${plan.reason}`,
      },
    }
  }
  if (rung.delayAfterRebootMs === 0) return undefined
  const reboot = attempts.findLast(({ rung: name, state }) => name.startsWith('reboot-') && state !== 'NotSent')
  if (reboot === undefined) return undefined
  const issuedAt = parseRfc3339(reboot.issuedAt)
  if (issuedAt === undefined) {
    const message = `attempt ${reboot.id} was issued at ${JSON.stringify(reboot.issuedAt)}, which is no time; ${rung.rung} must come ${formatDuration(rung.delayAfterRebootMs)} after it`
    return { hold: { reason: 'AttemptUnreadable', message } }
  }
  const waitUntil = time.now + (issuedAt + rung.delayAfterRebootMs - time.calendar)
  return waitUntil > time.now ? { waitUntil } : undefined
}

function highestTried(role: RolePolicy, attempts: readonly Attempt[]): number {
  return role.ladder.findLastIndex(({ rung }) => rung !== 'start' && countTried(attempts, rung) > 0)
}

function countTried(attempts: readonly Attempt[], rung: RungName): number {
  return countState(attempts, rung, 'Failed') + countState(attempts, rung, 'Verified')
}

function countState(attempts: readonly Attempt[], rung: RungName, state: Attempt['state']): number {
  if (attempts.length === 0) return 0
  let count = 0
  for (const attempt of attempts) if (attempt.rung === rung && attempt.state === state) count += 1
  return count
}

function planOf(instance: InstanceView | undefined, rung: RungName): InstanceView['plans'][number] | undefined {
  if (instance === undefined) return undefined
  // No `find`: its callback would be made anew for every rung of 15,000 suspects.
  for (const plan of instance.plans) if (plan.rung === rung) return plan
  return undefined
}

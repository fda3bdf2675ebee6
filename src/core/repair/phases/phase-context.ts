import type { Effect, Wait } from '../../model/effects.ts'
import type { NodeRepair } from '../../model/node-repair.ts'
import { runningAttempt } from '../../model/node-repair.ts'
import type { Policy, RungPolicy } from '../../model/policy.ts'
import type { RepairTimer, Verdict, View } from '../../model/view.ts'

/** Everything that one phase's rule may look at. */
export interface PhaseContext {
  readonly repair: NodeRepair
  readonly view: View
  readonly policy: Policy
  /** `decide`'s word on the repair's node; undefined when it is no suspect. */
  readonly verdict: Verdict | undefined
  readonly timer: RepairTimer
  /** The newest policy of the repair's rung; a rung that left the ladder has its defaults. */
  readonly rung: RungPolicy
}

export function recoverWhenDue({ repair, view, timer }: PhaseContext): Effect | Wait {
  const attempt = runningAttempt(repair)
  if (attempt === undefined) return { wait: 1_000, why: 'no attempt is running' }
  if (view.now < timer.nextStepAt) return { wait: timer.nextStepAt - view.now, why: 'the cloud asked to be left alone' }
  return { do: 'recover', attempt }
}

/** Every check has passed for its healthyDuration. */
export function isWellAgain({ repair, view, timer }: PhaseContext): boolean {
  const clocks = view.suspicions.get(repair.spec.nodeName)?.clocks ?? []
  return timer.wellMs > 0 && timer.wellMs >= Math.max(0, ...clocks.map((clock) => clock.check.healthyDurationMs))
}

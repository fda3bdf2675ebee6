import { formatDuration } from '../../../lib/pure/duration.ts'
import { isResumed } from '../../annotations/resume.ts'
import type { Effect, Wait } from '../../model/effects.ts'
import type { NodeRepair } from '../../model/node-repair.ts'
import {
  FINISHED_PHASES,
  isAbandoning,
  lastAttempt,
  phaseOf,
  REPAIR_FINALIZER,
  runningAttempt,
} from '../../model/node-repair.ts'
import type { Policy } from '../../model/policy.ts'
import type { PhaseReason } from '../../model/repair-reasons.ts'
import { RUNG_DEFAULTS } from '../../model/rungs.ts'
import type { Verdict, View } from '../../model/view.ts'
import { roleOf } from '../repair-node.ts'
import { newTimer } from '../repair-timers.ts'
import { say, toPhase, write } from '../status.ts'
import { keepWithdrawn } from '../withdrawn.ts'
import { advanceActing, goOnAbandoning } from './phase-acting.ts'
import { type PhaseContext, recoverWhenDue } from './phase-context.ts'
import { advancePending } from './phase-pending.ts'
import { advanceSoaking, advanceVerifying } from './phase-proving.ts'

/** Says the one next effect for an open repair, or how long to wait and why. Pure: design.md §4, the surprise table. */
export function advance(repair: NodeRepair, view: View, policy: Policy, verdict: Verdict | undefined): Effect | Wait {
  if (FINISHED_PHASES.includes(phaseOf(repair))) {
    if (!repair.finalizers.includes(REPAIR_FINALIZER)) return { wait: Number.POSITIVE_INFINITY, why: 'finished' }
    return keepWithdrawn(repair, view) ?? { do: 'release' }
  }
  const timer = view.timers.get(repair.name) ?? newTimer(repair)
  const name = repair.status?.rung ?? 'start'
  const rung = policy.roles[roleOf(repair, view)].ladder.find((entry) => entry.rung === name) ?? {
    rung: name,
    ...RUNG_DEFAULTS[name],
    approval: false,
    delayAfterRebootMs: 0,
  }
  const situation: PhaseContext = { repair, view, policy, verdict, timer, rung }
  if (repair.deleting) return withdraw(situation)
  switch (phaseOf(repair)) {
    case 'Pending':
    case 'Draining':
      return advancePending(situation)
    case 'Acting':
      return advanceActing(situation)
    case 'Verifying':
      return advanceVerifying(situation)
    case 'Soaking':
      return advanceSoaking(situation)
    case 'Parked':
      return advanceParked(situation)
    case 'Succeeded':
    case 'Cancelled':
      return { wait: Number.POSITIVE_INFINITY, why: 'finished' }
  }
}

/** `kubectl delete nr`: learn what the last step did, take back what is half done, let go. */
function withdraw(situation: PhaseContext): Effect | Wait {
  const { repair, view, timer, rung } = situation
  const attempt = runningAttempt(repair)
  const said = say('RepairWithdrawn', `${repair.name} was deleted by a person`)
  const then = toPhase(repair, view, 'Cancelled', { reason: 'Withdrawn', message: 'deleted by a person' })
  if (attempt === undefined || phaseOf(repair) !== 'Acting') return write(then, said)
  const end: Effect = { do: 'abandon', attempt, then, said }
  if (isAbandoning(repair)) return goOnAbandoning(situation, end)
  if (!timer.stepKnown && timer.countedMs < rung.deadlineMs) return recoverWhenDue(situation)
  return end
}

/** An open end: it waits for a person, and notices when one has helped. */
function advanceParked({ repair, view, policy, timer, rung }: PhaseContext): Effect | Wait {
  const node = repair.spec.nodeName
  if (isResumed(repair)) {
    return write(
      toPhase(repair, view, 'Cancelled', { reason: 'Resumed', message: 'a person gave the node back to heald' }),
      say('RepairResumed', `${node} is heald's again; a new repair may open`),
    )
  }
  if (timer.wellMs >= rung.soakMs) {
    return write(
      toPhase(repair, view, 'Succeeded', { reason: 'ByHand', message: `well for ${formatDuration(timer.wellMs)}` }),
      say('RepairSucceeded', `${node} is well again by a person's hand`),
    )
  }
  // A replacement that never joined has no Node and another machine: letting go would lead to a second one.
  const replacing = lastAttempt(repair)?.rung === 'replace'
  if (!replacing && timer.goneMs >= policy.nodeGoneMs) return letGo(repair, view, 'NodeGone', 'its Node was removed')
  const located = view.instances.get(node)?.located
  // A machine that vanished under our own hands is for a person to explain.
  const vanished = repair.status?.reason === 'InstanceGone'
  if (!replacing && !vanished && located !== undefined && 'gone' in located) {
    return letGo(repair, view, 'InstanceGone', 'its machine is gone at the cloud')
  }
  return { wait: Math.max(1_000, rung.soakMs - timer.wellMs), why: 'parked: waits for a person' }
}

function letGo(repair: NodeRepair, view: View, reason: PhaseReason, message: string): Effect {
  return write(
    toPhase(repair, view, 'Cancelled', { reason, message }),
    say('RepairCancelled', `${repair.spec.nodeName}: ${message}`),
  )
}

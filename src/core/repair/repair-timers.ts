import { switchHold } from '../annotations/switches.ts'
import { lastLook } from '../evidence/clocks.ts'
import { nodeHealth } from '../evidence/node-health.ts'
import type { NodeRepair } from '../model/node-repair.ts'
import { isAbandoning, isOpen, lastAttempt, phaseOf } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { RepairTimer, View } from '../model/view.ts'
import { currentNode, poolOf } from './repair-node.ts'

function stageOf(repair: NodeRepair): string {
  const phase = isAbandoning(repair) ? 'Abandoning' : phaseOf(repair)
  return [phase, repair.status?.rung ?? '', lastAttempt(repair)?.id ?? 0].join('/')
}

export function newTimer(repair: NodeRepair): RepairTimer {
  return {
    stage: stageOf(repair),
    countedMs: 0,
    wellMs: 0,
    goneMs: 0,
    stepKnown: false,
    nextStepAt: 0,
    drain: undefined,
    busy: false,
    failures: 0,
    notBefore: 0,
    gatherUntil: undefined,
  }
}

/**
 * Lets every open repair's timer run on by `elapsedMs`, as far as that time counts: only time in which we, and where
 * the phase needs it the cloud, could see, and in which no switch held the repair.
 */
export function runTimers(
  timers: ReadonlyMap<string, RepairTimer>,
  view: View,
  policy: Policy,
  elapsedMs: Millis,
): Map<string, RepairTimer> {
  const next = new Map<string, RepairTimer>()
  for (const repair of view.repairs.values()) {
    // Of a finished one that is still to be let go, it counts how often that has failed.
    if (isOpen(repair) || repair.deleting)
      next.set(repair.name, runTimer(timers.get(repair.name), repair, view, policy, elapsedMs))
  }
  return next
}

function runTimer(
  before: RepairTimer | undefined,
  repair: NodeRepair,
  view: View,
  policy: Policy,
  elapsedMs: Millis,
): RepairTimer {
  if (before === undefined) return newTimer(repair)
  const stage = stageOf(repair)
  const subject = currentNode(repair, view)
  const seeing = view.sight.blindSince === undefined
  // What went to and fro before the new boot is proven does not speak against it; from then on it is counted anew.
  const well = nodeHealth(subject, view, policy, phaseOf(repair) === 'Verifying' ? lastLook : undefined)
  const sameStage = before.stage === stage
  const counting = seeing && counts(repair, view)
  return {
    ...before,
    stage,
    countedMs: sameStage ? before.countedMs + (counting ? elapsedMs : 0) : 0,
    wellMs: well === 'ill' ? 0 : before.wellMs + (seeing && well === 'well' ? elapsedMs : 0),
    goneMs: subject !== undefined ? 0 : before.goneMs + (counting ? elapsedMs : 0),
    // What was known of an earlier attempt says nothing about this one.
    stepKnown: sameStage && before.stepKnown,
    drain: sameStage ? before.drain : undefined,
  }
}

/** Soaking goes on whatever the switches and the cloud do; the phases that act or wait for the cloud do not. */
function counts(repair: NodeRepair, view: View): boolean {
  const phase = phaseOf(repair)
  if (phase === 'Verifying' || phase === 'Pending') return view.sight.cloud === undefined
  if (phase === 'Acting' || phase === 'Draining') {
    return view.sight.cloud === undefined && switchHold(repair.spec.nodeName, poolOf(repair, view), view) === undefined
  }
  return true
}

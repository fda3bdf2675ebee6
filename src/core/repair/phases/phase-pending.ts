import { formatDuration } from '../../../lib/pure/duration.ts'
import { isQuiet } from '../../evidence/clocks.ts'
import { nodeHealth } from '../../evidence/node-health.ts'
import { isUnheard } from '../../evidence/sources.ts'
import type { Effect, Wait } from '../../model/effects.ts'
import { lastAttempt, type NodeRepair, phaseOf } from '../../model/node-repair.ts'
import type { RungPolicy } from '../../model/policy.ts'
import type { PhaseReason } from '../../model/repair-reasons.ts'
import type { Verdict } from '../../model/view.ts'
import { nextRung } from '../ladder.ts'
import { roleOf } from '../repair-node.ts'
import { isTakenBack } from '../request-state.ts'
import { holdsOf, say, statusOf, toPhase, write } from '../status.ts'
import { isWellAgain, type PhaseContext } from './phase-context.ts'

/** The stored rules take no more. */
const MOST_ATTEMPTS = 16
/** Where no gate names a moment, something must happen first, and the leader hears of it. */
const HELD_MS = 300_000

/** Before the call: everything can still be let go. */
export function advancePending(situation: PhaseContext): Effect | Wait {
  const { repair, view, policy, verdict, timer } = situation
  const { nodeName } = repair.spec
  if (view.switches.dryRun) return cancel(situation, 'DryRun', 'dry-run was turned on before the call')
  const replaced = failedReplacement(repair)
  if (replaced !== undefined) return park(situation, replaced)
  const located = view.instances.get(nodeName)?.located
  if (located !== undefined && 'gone' in located && !located.slot) {
    return cancel(situation, 'InstanceGone', 'its machine is gone at the cloud')
  }
  const node = view.nodes.get(nodeName)
  if (node === undefined) {
    if (timer.goneMs >= policy.nodeGoneMs) {
      return cancel(situation, 'NodeGone', `its Node has been gone for ${formatDuration(timer.goneMs)}`)
    }
    const left = policy.nodeGoneMs - timer.goneMs
    if (verdict?.kind === 'hold') return hold(situation, verdict, left)
    return { wait: left, why: 'the Node is gone; it may register again' }
  }
  const machine = located !== undefined && 'found' in located ? located.found.id : undefined
  const began = repair.spec.instance?.id
  if (machine !== undefined && began !== undefined && machine !== began) {
    return cancel(situation, 'NodeReplaced', 'another machine registered under its name')
  }
  if (node.uid !== statusOf(repair, view).nodeUID) {
    // Only the same machine under a new Node object is still this incident.
    if (located === undefined) return { wait: 1_000, why: 'a new Node object: looking which machine it is' }
    if (machine === undefined || began === undefined) {
      return cancel(situation, 'NodeReplaced', 'its Node was registered anew, by which machine is not known')
    }
    return write({ ...statusOf(repair, view), nodeUID: node.uid })
  }
  if (isTakenBack(repair, view) && !failsNow(situation)) {
    return cancel(situation, 'RequestOver', 'who asked for it has taken that back, or let it expire')
  }
  if (isWellAgain(situation)) {
    return cancel(situation, 'Recovered', `${nodeName} is well again by itself`)
  }
  // Not well, by what no check asks for: nothing of what heald is to heal is left.
  const isWell = nodeHealth(node, view, policy) === 'well'
  if (!isWell && isQuiet(view.suspicions.get(nodeName)?.clocks ?? [], view.now)) {
    return cancel(situation, 'Recovered', `no check of ${nodeName} fails any more`)
  }
  const { ladder } = policy.roles[roleOf(repair, view)]
  if (ladder.length === 0) return cancel(situation, 'PolicyChanged', 'the configuration allows no rung any more')
  if (verdict === undefined) return { wait: 1_000, why: 'no check is failing now' }
  if (verdict.kind !== 'repair') return hold(situation, verdict)
  if (verdict.rung === 'human' || verdict.rung === undefined)
    return park(situation, 'every allowed rung has been tried')
  if (statusOf(repair, view).attempts.length >= MOST_ATTEMPTS) {
    return park(situation, `${MOST_ATTEMPTS} attempts are the most that one repair may have`)
  }
  const rung = ladder.find((entry) => entry.rung === verdict.rung)
  if (rung === undefined) return { wait: 1_000, why: 'the rung left the ladder' }
  if (view.sight.blindSince !== undefined) return { wait: 1_000, why: 'our own sight is lost' }
  return drainOrIssue(situation, rung)
}

/** A repair that was asked for goes on by what checks say once the word is taken back. */
function failsNow({ repair, view }: PhaseContext): boolean {
  const clocks = view.suspicions.get(repair.spec.nodeName)?.clocks ?? []
  return clocks.some(({ failingSince }) => failingSince !== undefined)
}

/** The machine that stands there now is heald's own: it is no stranger's, and not replaced again. */
function failedReplacement(repair: NodeRepair): string | undefined {
  const made = repair.status?.replacement?.instance
  const last = lastAttempt(repair)
  if (made === undefined || last?.rung !== 'replace' || last.state !== 'Failed') return undefined
  return `its replacement ${made.name} failed: ${last.message ?? last.reason ?? 'no reason given'}`
}

function park({ repair, view, policy }: PhaseContext, message: string): Effect {
  const { nodeName } = repair.spec
  const unheard = isUnheard(view.suspicions.get(nodeName), view.now)
  const time = { now: view.now, calendar: view.calendar, maxNotSent: policy.maxNotSent, unheard }
  const { skipped } = nextRung(repair, view.instances.get(nodeName), policy.roles[roleOf(repair, view)], time)
  return write(
    toPhase(repair, view, 'Parked', { reason: 'NeedsHuman', message, skipped }),
    say('RepairParked', `${nodeName} needs a person: ${message}`, 'warn'),
  )
}

function drainOrIssue({ repair, view, policy, timer }: PhaseContext, rung: RungPolicy): Effect | Wait {
  const status = statusOf(repair, view)
  const sameRung = status.rung === rung.rung
  if (rung.drainMs === 0 || (sameRung && status.drained !== undefined)) return { do: 'issue', rung }
  const heartbeat = view.heartbeats.get(repair.spec.nodeName)
  const silent = heartbeat === undefined || view.now - heartbeat.changedAt > policy.heartbeatMaxAgeMs
  // Its kubelet could not answer a drain.
  if (silent) return { do: 'issue', rung }
  const done = (drained: 'Drained' | 'DrainDeadline', message: string): Effect =>
    write(
      toPhase(repair, view, 'Draining', { rung: rung.rung, drained }),
      say(drained, message, drained === 'DrainDeadline' ? 'warn' : 'info'),
    )
  const node = repair.spec.nodeName
  if (phaseOf(repair) !== 'Draining' || !sameRung) {
    return write(
      toPhase(repair, view, 'Draining', { rung: rung.rung, drained: undefined }),
      say('Draining', `draining ${node} before ${rung.rung}, for at most ${formatDuration(rung.drainMs)}`),
    )
  }
  if (timer.drain?.left === 0) return done('Drained', `${node} is drained`)
  if (timer.countedMs >= rung.drainMs) {
    const blocked = timer.drain?.blocked.join(', ') ?? ''
    return done(
      'DrainDeadline',
      `${node} is not empty after ${formatDuration(rung.drainMs)}; blocked: ${blocked || 'none'}`,
    )
  }
  if (view.now < timer.nextStepAt) return { wait: timer.nextStepAt - view.now, why: 'draining' }
  return { do: 'drain' }
}

/** A new set of gates that say no is written down; the same set with other numbers is not. */
function hold({ repair, view }: PhaseContext, verdict: Verdict, mostMs = Number.POSITIVE_INFINITY): Effect | Wait {
  const holds = holdsOf(verdict)
  const status = statusOf(repair, view)
  const key = (list: readonly { readonly gate: string; readonly reason: string }[]): string =>
    list.map((entry) => `${entry.gate}/${entry.reason}`).join()
  const restMs = Math.min(mostMs, (verdict.wakeAt ?? view.now + HELD_MS) - view.now)
  const wait = { wait: Math.max(1_000, restMs), why: key(holds) }
  // Waiting out UnhealthyFor between two rungs is not worth a write.
  if (verdict.kind === 'watch' && phaseOf(repair) === 'Pending') return wait
  if (key(holds) === key(status.holds) && phaseOf(repair) === 'Pending') return wait
  const said = say('RepairHeld', `${repair.spec.nodeName}: ${holds.map((entry) => entry.message).join('; ')}`)
  return write({ ...toPhase(repair, view, 'Pending', { drained: undefined }), holds }, said)
}

function cancel({ repair, view }: PhaseContext, reason: PhaseReason, message: string): Effect {
  return write(
    toPhase(repair, view, 'Cancelled', { reason, message }),
    say('RepairCancelled', `${repair.spec.nodeName}: ${message}`),
  )
}

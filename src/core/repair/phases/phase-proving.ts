import { formatDuration } from '../../../lib/pure/duration.ts'
import { isMute, isUnhealthy } from '../../evidence/clocks.ts'
import { FLAPPING, sayFinding } from '../../evidence/flapping.ts'
import { nodeHealth } from '../../evidence/node-health.ts'
import type { Effect, Wait } from '../../model/effects.ts'
import { readyOf } from '../../model/node.ts'
import { type Attempt, lastAttempt } from '../../model/node-repair.ts'
import type { Millis } from '../../model/primitives.ts'
import type { AttemptReason, PhaseReason } from '../../model/repair-reasons.ts'
import { isReboot } from '../../model/rungs.ts'
import { currentNode, isNewBoot } from '../repair-node.ts'
import { failed, say, toPhase, withLastAttempt, write } from '../status.ts'
import type { PhaseContext } from './phase-context.ts'

/** The cloud says done: a new boot, a fresh heartbeat and passing checks prove it. */
export function advanceVerifying(situation: PhaseContext): Effect | Wait {
  const { repair, view, timer, rung } = situation
  const attempt = lastAttempt(repair)
  if (attempt === undefined) return write(toPhase(repair, view, 'Pending'))
  if (isMachineGone(situation)) return park(situation, 'InstanceGone', 'its machine is gone at the cloud')
  if (isOtherMachine(situation)) return letGo(situation)
  const subject = currentNode(repair, view)
  if (subject !== undefined && timer.wellMs > 0 && isNewBoot(attempt.order, subject, view)) {
    // A heartbeat from before the act proves nothing.
    const heartbeat = view.heartbeats.get(subject.name)
    if (heartbeat !== undefined && view.now - heartbeat.changedAt < timer.countedMs) {
      return write(
        toPhase(repair, view, 'Soaking', { nodeUID: subject.uid, ...(cameFirst(situation) ? CAME_FIRST : {}) }),
        say(
          'Verified',
          `${subject.name} runs a new boot and is Ready; it must stay well for ${formatDuration(soakTime(situation))}${tellMute(situation)}`,
        ),
      )
    }
  }
  if (timer.countedMs < rung.verifyMs)
    return { wait: Math.min(5_000, rung.verifyMs - timer.countedMs), why: 'waiting for proof' }
  const message = `not proven within ${formatDuration(rung.verifyMs)}: ${missingProof(situation, attempt)}`
  if (attempt.rung === 'replace') return park(situation, 'NeverJoined', message)
  return endAttempt(situation, 'VerifyDeadline', message)
}

const CAME_FIRST = { reason: 'RecoveredFirst' } as const

/** An answer of the cloud is as old as it took to come. */
const CLOUD_LATE_MS = 15_000

/** Every check passed while the cloud still saw the boot of before: the reboot has not made them pass. */
function cameFirst({ repair, view }: PhaseContext): boolean {
  const bootedAfter = view.instances.get(repair.spec.nodeName)?.bootedAfter
  if (bootedAfter === undefined || !isReboot(lastAttempt(repair)?.rung)) return false
  const all = view.suspicions.get(repair.spec.nodeName)?.clocks ?? []
  const clocks = all.filter((clock) => !isMute(clock, view.now))
  return (
    clocks.length > 0 &&
    clocks.every(
      ({ passingSince, flaps }) =>
        flaps?.since === undefined && passingSince !== undefined && passingSince + CLOUD_LATE_MS < bootedAfter,
    )
  )
}

/** Named once in a repair, so that a check that can never pass is noticed. */
function tellMute({ repair, view }: PhaseContext): string {
  const clocks = view.suspicions.get(currentNode(repair, view)?.name ?? '')?.clocks ?? []
  const mute = clocks.filter((clock) => isMute(clock, view.now))
  const told = mute.map(({ check, finding }) => `${check.name} (${finding.message ?? finding.reason})`)
  return told.length === 0 ? '' : `; what says nothing proves and disproves nothing: ${told.join(', ')}`
}

function missingProof({ repair, view, timer }: PhaseContext, { order, rung }: Attempt): string {
  const subject = currentNode(repair, view)
  if (subject === undefined) return 'there is no Node'
  const ready = readyOf(subject)?.status ?? 'missing'
  const heartbeat = view.heartbeats.get(subject.name)
  const isFresh = heartbeat !== undefined && view.now - heartbeat.changedAt < timer.countedMs
  const missing = [
    isNewBoot(order, subject, view) ? '' : 'no new boot',
    ready === 'True' ? '' : `Ready=${ready}`,
    isFresh ? '' : `no heartbeat since ${rung}`,
  ].filter(Boolean)
  return missing.length === 0 ? 'a check does not pass' : missing.join(', ')
}

/** Proved once; now it must stay so. */
export function advanceSoaking(situation: PhaseContext): Effect | Wait {
  const { repair, view, policy, timer, rung } = situation
  if (isMachineGone(situation)) return park(situation, 'InstanceGone', 'its machine is gone at the cloud')
  if (isOtherMachine(situation)) return letGo(situation)
  const subject = currentNode(repair, view)
  const old = view.nodes.get(repair.spec.nodeName)
  const replaced = lastAttempt(repair)?.order.nodeUID
  if (subject !== undefined && old !== undefined && subject.name !== old.name && old.uid === replaced) {
    return { do: 'delete-node', node: old.name, uid: old.uid }
  }
  if (view.sight.blindSince !== undefined) return { wait: 1_000, why: 'our own sight is lost' }
  if (timer.goneMs >= rung.verifyMs) {
    return endAttempt(situation, 'NodeGone', `the Node left again for ${formatDuration(timer.goneMs)}`)
  }
  const clocks = subject === undefined ? [] : (view.suspicions.get(subject.name)?.clocks ?? [])
  const bad = clocks.find((clock) => isUnhealthy(clock, view.now))
  if (bad !== undefined) {
    return endAttempt(situation, 'SoakFailed', `${bad.check.name} fails again: ${sayFinding(bad.finding)}`)
  }
  const soakMs = soakTime(situation)
  // Neither well for long enough nor unhealthy for long enough: a slot is not kept for ever.
  if (timer.countedMs >= rung.verifyMs + soakMs && nodeHealth(subject, view, policy) === 'ill') {
    const message = `not well for ${formatDuration(soakMs)} in ${formatDuration(timer.countedMs)}`
    return endAttempt(situation, 'SoakFailed', message)
  }
  const soaked = Math.min(timer.wellMs, timer.countedMs)
  if (soaked < soakMs) return { wait: soakMs - soaked, why: 'soaking' }
  const name = repair.status?.rung ?? 'repair'
  const first = repair.status?.reason === CAME_FIRST.reason
  const how = first ? `the node was well before ${name} could have helped` : `${name} helped`
  const message = `${how}: well for the required ${formatDuration(soakMs)}`
  return write(
    toPhase(repair, view, 'Succeeded', {
      attempts: withLastAttempt(repair, view, 'Verified'),
      reason: first ? CAME_FIRST.reason : 'Repaired',
      message,
    }),
    say('RepairSucceeded', `${subject?.name ?? repair.spec.nodeName}: ${message}`),
  )
}

/** What went to and fro is cured when a whole window was quiet: shorter, it may only be between two failures. */
function soakTime({ repair, view, rung }: PhaseContext): Millis {
  if (!repair.spec.evidence.some(({ reason }) => reason === FLAPPING)) return rung.soakMs
  const subject = currentNode(repair, view)
  const clocks = subject === undefined ? [] : (view.suspicions.get(subject.name)?.clocks ?? [])
  return Math.max(rung.soakMs, ...clocks.map(({ check }) => check.flapping?.windowMs ?? 0))
}

/** A replacement's old machine is gone as it should be. */
function isMachineGone({ repair, view }: PhaseContext): boolean {
  const located = view.instances.get(repair.spec.nodeName)?.located
  return lastAttempt(repair)?.rung !== 'replace' && located !== undefined && 'gone' in located
}

/** Another one has the name now: what was done to the machine that had it can't be proved any more. */
function isOtherMachine({ repair, view }: PhaseContext): boolean {
  const attempt = lastAttempt(repair)
  const located = view.instances.get(repair.spec.nodeName)?.located
  if (attempt === undefined || attempt.rung === 'replace' || located === undefined || !('found' in located))
    return false
  return located.found.id !== attempt.order.instance.id
}

function letGo({ repair, view }: PhaseContext): Effect {
  const message = 'another machine registered under its name'
  const attempts = withLastAttempt(repair, view, 'Failed', { reason: 'InstanceGone', message })
  return write(
    toPhase(repair, view, 'Cancelled', { attempts, reason: 'NodeReplaced', message }),
    say('RepairCancelled', `${repair.spec.nodeName}: ${message}`),
  )
}

/** The rung did not help: same repair, next rung once the node is unhealthy again. Nothing is half done at the cloud here. */
function endAttempt({ repair, view }: PhaseContext, reason: AttemptReason, message: string): Effect {
  const effect = failed(repair, view, reason, message)
  return effect.do === 'abandon' ? write(effect.then, effect.said) : effect
}

function park({ repair, view }: PhaseContext, reason: PhaseReason & AttemptReason, message: string): Effect {
  const attempts = withLastAttempt(repair, view, 'Failed', { reason, message })
  return write(
    toPhase(repair, view, 'Parked', { attempts, reason, message }),
    say('RepairParked', `${repair.spec.nodeName} needs a person: ${message}`, 'warn'),
  )
}

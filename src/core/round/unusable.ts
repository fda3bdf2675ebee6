import { approvalOf } from '../annotations/approval.ts'
import type { Attempt } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import type { Candidate } from './candidate.ts'
import { beganAt, beganToFail } from './correlation.ts'
import type { Round } from './round.ts'

/** Another node of its pool or zone that began to fail within this makes the network the likelier cause. */
const ALONE_MS: Millis = 3_600_000

/**
 * Of a node that nobody hears, while its cloud sees nothing wrong: what speaks against calling it unusable. Undefined: it
 * is the only one, it stayed silent through a hard reboot that the cloud proves and its whole `verify`; or a person said so.
 */
export function whyNotUnusable(round: Round, subject: Candidate): string | undefined {
  const { view } = round
  const { repair, instance } = subject
  if (repair !== undefined && approvalOf(repair, 'replace', view.calendar).state === 'valid') return undefined
  const other = companionOf(round, subject)
  if (other !== undefined) return `${other} of its pool or zone began to fail within the hour`
  const reboot = repair?.status?.attempts.findLast(({ rung, state }) => rung === 'reboot-hard' && state === 'Failed')
  if (reboot === undefined) return 'no hard reboot was tried'
  return isProvenFailure(reboot, instance?.state?.bootMark)
    ? undefined
    : 'the cloud does not prove that its reboot took place'
}

/** The machine booted, and the node did not come back within `verify`. */
export function isProvenFailure({ reason, order }: Attempt, bootMark: string | undefined): boolean {
  return (
    reason === 'VerifyDeadline' && order.bootMark !== undefined && bootMark !== undefined && bootMark !== order.bootMark
  )
}

function companionOf({ view, peers }: Round, subject: Candidate): string | undefined {
  const { node } = subject
  const since = beganAt(subject, view) ?? view.now
  const isNear = (at: Millis): boolean => Math.abs(at - since) <= ALONE_MS
  const isOfItsOwn = (pool: string, zone: string | undefined): boolean =>
    pool === node.pool || (zone !== undefined && zone === node.zone)
  for (const other of peers) {
    const { name, pool, zone } = other.node
    if (name === node.name || other.failingSince === undefined || !isOfItsOwn(pool, zone)) continue
    if (isNear(other.failingSince)) return name
  }
  for (const other of view.repairs.values()) {
    const { nodeName, pool, zone } = other.spec
    if (nodeName !== node.name && isOfItsOwn(pool, zone) && isNear(beganToFail(other, view))) return nodeName
  }
  return undefined
}

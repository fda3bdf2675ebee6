import { approvalOf } from '../annotations/approval.ts'
import { isReboot } from '../model/rungs.ts'
import type { Candidate } from './candidate.ts'
import { type Round, rungName } from './round.ts'
import { isProvenFailure } from './unusable.ts'

/** It is late after a reboot that the cloud proves: what keeps its heartbeats back is not on the machine. */
export function isLateAfterReboot({ view }: Pick<Round, 'view'>, subject: Candidate): boolean {
  const { repair, instance } = subject
  const rung = rungName(subject)
  if (repair === undefined || !isReboot(rung)) return false
  if (approvalOf(repair, rung, view.calendar).state === 'valid') return false
  const attempts = repair.status?.attempts ?? []
  return attempts.some((one) => isReboot(one.rung) && isProvenFailure(one, instance?.state?.bootMark))
}

/** How many nodes are late: counted when somebody asks, once. */
export function countLate({ peers }: Pick<Round, 'peers'>): () => number {
  let late: number | undefined
  return () => {
    late ??= peers.filter((subject) => subject.late).length
    return late
  }
}

import { approvalOf } from '../annotations/approval.ts'
import { isOnlyLate } from '../evidence/sources.ts'
import { isReboot } from '../model/rungs.ts'
import type { Candidate } from './candidate.ts'
import { onlyParks, type Round, rungName } from './round.ts'
import { isProvenFailure } from './unusable.ts'

/** Silent, while its port answers and the cloud says that it runs. */
export function isLate({ view }: Pick<Round, 'view'>, subject: Candidate): boolean {
  return isOnlyLate(subject.suspicion, subject.instance, view.now) && !onlyParks(subject)
}

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
export function countLate(round: Pick<Round, 'view' | 'peers'>): () => number {
  let late: number | undefined
  return () => {
    late ??= round.peers.filter((subject) => isLate(round, subject)).length
    return late
  }
}

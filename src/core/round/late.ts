import { isOnlyLate } from '../evidence/sources.ts'
import type { Candidate } from './candidate.ts'
import { onlyParks, type Round } from './round.ts'

/** Silent, while its port answers and the cloud says that it runs. */
export function isLate({ view }: Pick<Round, 'view'>, subject: Candidate): boolean {
  return isOnlyLate(subject.suspicion, subject.instance, view.now) && !onlyParks(subject)
}

/** How many nodes are late: counted when somebody asks, once. */
export function countLate(round: Pick<Round, 'view' | 'subjects'>): () => number {
  let late: number | undefined
  return () => {
    late ??= round.subjects.filter((subject) => isLate(round, subject)).length
    return late
  }
}

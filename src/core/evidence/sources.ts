import type { CheckClock, EvidenceSource, Finding } from '../model/finding.ts'
import type { InstanceView } from '../model/instance.ts'
import { isProvenOff } from '../model/instance.ts'
import type { Millis } from '../model/primitives.ts'
import type { Suspicion } from '../model/view.ts'
import { isFailing, isUnhealthy } from './clocks.ts'
import { statusAt } from './node-health.ts'

/** One statement about the node: who says it, about what, and whether it is bad. */
export interface Statement {
  readonly by: string
  readonly plane: EvidenceSource
  readonly symptom: string
  readonly fails: boolean
  /** Speaks for a check that has failed for its whole duration. */
  readonly due: boolean
}

/** Everything that checks and witnesses say now. Who could not look, or looked too long ago, says nothing. */
export function statements(suspicion: Suspicion | undefined, now: Millis): readonly Statement[] {
  if (suspicion === undefined) return []
  const said: Statement[] = []
  for (const clock of suspicion.clocks) {
    const fails = isFailing(clock, now)
    if (!fails && statusAt(clock.finding, now) !== 'pass') continue
    said.push({ by: clock.check.name, ...about(clock), fails, due: fails && isUnhealthy(clock, now) })
  }
  for (const { plane, symptom, finding } of suspicion.witnesses) {
    const status = statusAt(finding, now)
    if (status === 'unknown') continue
    said.push({
      by: `the ${plane} witness`,
      plane: finding.plane ?? plane,
      symptom: finding.symptom ?? symptom,
      fails: status === 'fail',
      due: false,
    })
  }
  return said
}

function about({ finding, check }: CheckClock): { readonly plane: EvidenceSource; readonly symptom: string } {
  return { plane: finding.plane ?? check.plane, symptom: finding.symptom ?? check.symptom }
}

/**
 * Is there a failing check whose symptom no other plane contradicts? Those that are due are asked, or all while none is.
 * The same question that `contradiction` answers with names, without a list for each of 15,000 suspects.
 */
export function hasPlainEvidence({ clocks, witnesses }: Suspicion, now: Millis): boolean {
  let someDue = false
  for (const clock of clocks) someDue ||= isUnhealthy(clock, now)
  for (const clock of clocks) {
    if (!(someDue ? isUnhealthy(clock, now) : isFailing(clock, now))) continue
    const plane = clock.finding.plane ?? clock.check.plane
    const symptom = clock.finding.symptom ?? clock.check.symptom
    let denied = false
    for (const { finding, check } of clocks) denied ||= denies(finding, check, plane, symptom, now)
    for (const witness of witnesses) denied ||= denies(witness.finding, witness, plane, symptom, now)
    if (!denied) return true
  }
  return false
}

function denies(
  finding: Finding,
  by: { readonly plane: EvidenceSource; readonly symptom: string },
  plane: EvidenceSource,
  symptom: string,
  now: Millis,
): boolean {
  if (finding.status !== 'pass' || (finding.symptom ?? by.symptom) !== symptom) return false
  return (finding.plane ?? by.plane) !== plane && statusAt(finding, now) === 'pass'
}

/** Who, from another plane, sees the same symptom and finds it fine. */
export function contradiction(statement: Statement, said: readonly Statement[]): Statement | undefined {
  return said.find((other) => !other.fails && other.plane !== statement.plane && other.symptom === statement.symptom)
}

/** Does the cloud by itself say that something is wrong with the machine? */
export function cloudAgrees(instance: InstanceView | undefined): boolean {
  if (instance === undefined || instance.error !== undefined) return false
  if (instance.located !== undefined && 'gone' in instance.located) return true
  return isProvenOff(instance) || instance.state?.power === 'error'
}

/** Planes that say the node is broken, each once, in a fixed order. */
export function failingPlanes(
  said: readonly Statement[],
  instance: InstanceView | undefined,
): readonly EvidenceSource[] {
  const planes = new Set<EvidenceSource>()
  for (const { fails, plane } of said) if (fails) planes.add(plane)
  if (cloudAgrees(instance)) planes.add('cloud')
  return [...planes].sort()
}

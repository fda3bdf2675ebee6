import type { CheckClock, EvidenceSource, Finding } from '../model/finding.ts'
import type { InstanceView } from '../model/instance.ts'
import type { Millis } from '../model/primitives.ts'
import type { Suspicion } from '../model/view.ts'
import { isFailing, isUnhealthy } from './clocks.ts'
import { saysBroken } from './cloud-word.ts'
import { FLAPPING } from './flapping.ts'
import { statusAt } from './node-health.ts'

/** The reason of a handshake that failed when those with well nodes failed, too: it says nothing of the node. */
export const NO_CONTROL = 'NoControl'
/** Of a heartbeat that is due and not yet stale: no life for others to be measured by, and no silence. */
export const LATE = 'HeartbeatLate'
const UNANSWERED: ReadonlySet<string> = new Set(['Timeout', 'HostUnreachable'])

/** One statement about the node: who says it, about what, and whether it is bad. */
export interface Statement {
  readonly by: string
  readonly plane: EvidenceSource
  readonly symptom: string
  readonly reason: string
  readonly fails: boolean
  /** The heartbeat itself, and it is not stale. */
  readonly isBeat: boolean
  /** A probe that has not been seen to pass on this node: what is closed for ever says nothing of a fault. */
  readonly isUntried: boolean
  /** Speaks for a check that has failed for its whole duration. */
  readonly due: boolean
}

/** Everything that checks and witnesses say now. Who could not look, or looked too long ago, says nothing. */
export function statements(suspicion: Suspicion | undefined, now: Millis): readonly Statement[] {
  if (suspicion === undefined) return []
  const said: Statement[] = []
  for (const clock of suspicion.clocks) {
    // Asked apart: it is no second source for what nobody asked for.
    if (clock.check.plane === 'person') continue
    const fails = isFailing(clock, now)
    if (!fails && statusAt(clock.finding, now) !== 'pass') continue
    said.push({
      by: clock.check.name,
      ...about(clock),
      reason: clock.finding.reason,
      fails,
      isBeat: false,
      isUntried: clock.neverPassed === true && about(clock).plane === 'probe',
      due: fails && isUnhealthy(clock, now),
    })
  }
  for (const { plane, symptom, finding } of suspicion.witnesses) {
    const status = statusAt(finding, now)
    if (status === 'unknown' && finding.reason !== LATE) continue
    said.push({
      by: `the ${plane} witness`,
      plane: finding.plane ?? plane,
      symptom: finding.symptom ?? symptom,
      reason: finding.reason,
      fails: status === 'fail',
      isBeat: plane === 'lease' && status !== 'fail',
      isUntried: false,
      due: false,
    })
  }
  // Whose heartbeat arrives is reachable: it is our own way there that is broken.
  const heard = said.some(({ plane, fails, reason }) => plane === 'lease' && !fails && reason !== LATE)
  return heard ? said.filter((one) => !(one.symptom === 'Unreachable' && isUnanswered(one))) : said
}

/** Nothing came back, so the network may be to blame; a refusal comes from the machine itself. */
function isUnanswered({ plane, reason, fails }: Statement): boolean {
  return fails && plane === 'probe' && UNANSWERED.has(reason)
}

/** Nothing of the node is heard, neither by the API server nor by us, which may be the network's doing alone. */
export function isUnheard(suspicion: Suspicion | undefined, now: Millis): boolean {
  if (suspicion === undefined) return false
  let silent = false
  let probe: Finding | undefined
  for (const { plane, symptom, finding } of suspicion.witnesses) {
    if (plane === 'lease') silent ||= statusAt(finding, now) === 'fail'
    else if (plane === 'probe' && symptom === 'Unreachable') probe ??= finding
  }
  if (!silent || probe === undefined) return false
  return probe.reason === NO_CONTROL || (UNANSWERED.has(probe.reason) && statusAt(probe, now) === 'fail')
}

/** Its heartbeat is stale, its port answers and the cloud sees it run: the way to the API server, or that one, is slow. */
export function isOnlyLate(suspicion: Suspicion | undefined, instance: InstanceView | undefined, now: Millis): boolean {
  if (suspicion === undefined || instance?.error !== undefined || instance?.state?.power !== 'running') return false
  let silent = false
  let answers = false
  for (const { plane, finding } of suspicion.witnesses) {
    if (plane === 'lease') silent = statusAt(finding, now) === 'fail'
    if (plane === 'probe') answers = statusAt(finding, now) === 'pass'
  }
  return silent && answers
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
    for (const witness of witnesses) {
      const isBeat = witness.plane === 'lease' && witness.symptom === symptom && clock.finding.reason !== FLAPPING
      if (isBeat) denied ||= witness.finding.reason === LATE || statusAt(witness.finding, now) === 'pass'
      else denied ||= denies(witness.finding, witness, plane, symptom, now)
    }
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

/**
 * Who, from another plane, sees the same symptom and finds it fine. A heartbeat that arrives contradicts whoever says
 * `Silent`: kube-controller-manager with a stale cache says `Ready=Unknown` of nodes that renew their Lease all the time.
 * A node that flaps is heard now and then.
 */
export function contradiction(statement: Statement, said: readonly Statement[]): Statement | undefined {
  const { plane, symptom } = statement
  return said.find((other) => {
    if (other.fails || other.symptom !== symptom) return false
    return other.plane !== plane || (other.isBeat && statement.reason !== FLAPPING)
  })
}

/** Does the cloud by itself say that something is wrong with the machine? */
export function cloudAgrees(instance: InstanceView | undefined): boolean {
  return saysBroken(instance) !== undefined
}

/**
 * Who says, independently of each other, that the node is broken. Silent and unanswered are one witness, the network: one
 * cut cable makes both.
 */
export function witnessesAgainst(
  said: readonly Statement[],
  instance: InstanceView | undefined,
): readonly (EvidenceSource | 'network')[] {
  const tried = said.filter(({ isUntried }) => !isUntried)
  const planes = failingPlanes(tried, instance)
  const probes = tried.filter(({ plane, fails }) => plane === 'probe' && fails)
  if (probes.length === 0 || !planes.includes('lease') || !probes.every(isUnanswered)) return planes
  return [...planes.filter((plane) => plane !== 'lease' && plane !== 'probe'), 'network']
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

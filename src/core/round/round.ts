import { isFailing } from '../evidence/clocks.ts'
import { hasPlainEvidence, isOnlyLate, isUnheard } from '../evidence/sources.ts'
import { type NodeFacts, quorumOfRole } from '../model/node.ts'
import type { NodeRepair } from '../model/node-repair.ts'
import { isOpen, phaseOf, runningAttempt } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { Millis } from '../model/primitives.ts'
import type { RungName } from '../model/rungs.ts'
import type { Suspicion, View } from '../model/view.ts'
import { nextRung } from '../repair/ladder.ts'
import { isVouchedFor } from '../repair/repair-node.ts'
import type { Candidate } from './candidate.ts'
import { createFactors, type FactorOf } from './common-factor.ts'
import { type Correlation, correlate } from './correlation.ts'
import { countBad, countGroups, countOpen, type GroupCounts, groupsOf } from './group-counts.ts'

/** What all gates of one `decide` share. */
export interface Round {
  readonly view: View
  readonly policy: Policy
  readonly census: GroupCounts
  readonly burst: Correlation
  readonly open: readonly NodeRepair[]
  readonly subjects: readonly Candidate[]
  /** Those of them that are counted with others: all but nodes that are not ours. */
  readonly peers: readonly Candidate[]
  /** Those of all of them with an open repair: a few, and looked for by more than one. */
  readonly inRepair: readonly Candidate[]
  readonly factorOf: FactorOf
}

/** Who is judged this round, and against which numbers. `asked` is judged too, whatever its state, and in detail. */
export function beginRound(view: View, policy: Policy, asked?: string): Round {
  const open: NodeRepair[] = []
  for (const repair of view.repairs.values()) if (isOpen(repair)) open.push(repair)
  const openByNode = oldestByNode(open)
  const census = countGroups(view, policy)
  const subjects: Candidate[] = []
  const inRepair: Candidate[] = []
  let foreign = false
  const time = { now: view.now, calendar: view.calendar, maxNotSent: policy.maxNotSent }
  const unheard = { ...time, unheard: true }
  /** Nodes that are in repair though their Node object is gone. */
  const gone = new Set<string>()
  const poolOf = groupsOf(census.pools)
  const zoneOf = groupsOf(census.zones)
  const judge = (node: NodeFacts, suspicion?: Suspicion, repair?: NodeRepair, failingSince?: Millis): void => {
    const { name, pool, zone, role } = node
    const instance = view.instances.get(name)
    const timed = isUnheard(suspicion, view.now) ? unheard : time
    const from = suspicion?.request?.rung
    const next = nextRung(repair, instance, policy.roles[role], from === undefined ? timed : { ...timed, from })
    const subject = {
      node,
      present: !gone.has(name),
      suspicion,
      repair,
      instance,
      pool: poolOf(pool),
      zone: zone === undefined ? undefined : zoneOf(zone),
      failingSince,
      next,
      // Asked by a gate only, but here what it is read from is at hand: another way to memory for each of 15,000 costs more.
      plain: suspicion !== undefined && hasPlainEvidence(suspicion, view.now),
      late: isOnlyLate(suspicion, instance, view.now) && !onlyParks({ next, repair }),
      detail: name === asked,
    }
    const isBad = failingSince !== undefined || (repair !== undefined && isVouchedFor(repair, view))
    if (isBad) countBad(census, subject)
    subjects.push(subject)
    if (repair !== undefined) inRepair.push(subject)
    foreign ||= isForeign(subject)
  }
  for (const suspicion of view.suspicions.values()) {
    const name = suspicion.node
    const node = view.nodes.get(name)
    if (node === undefined) continue
    const failingSince = earliestFailing(suspicion, view.now)
    const repair = openByNode.size === 0 ? undefined : openByNode.get(name)
    if (failingSince === undefined && repair === undefined && name !== asked) continue
    judge(node, suspicion, repair, failingSince)
  }
  for (const [name, repair] of openByNode) {
    const node = view.nodes.get(name)
    const suspicion = view.suspicions.get(name)
    if (node !== undefined && suspicion !== undefined) continue
    if (node === undefined) gone.add(name)
    judge(node ?? standIn(repair), suspicion, repair)
  }
  const node = asked === undefined ? undefined : view.nodes.get(asked)
  if (node !== undefined && !view.suspicions.has(node.name) && !openByNode.has(node.name)) {
    judge(node)
  }
  countOpen(census, view, open)
  const peers = foreign ? subjects.filter((subject) => !isForeign(subject)) : subjects
  const own = foreign ? inRepair.filter((subject) => !isForeign(subject)) : inRepair
  const burst = correlate(view, policy, { subjects: peers, inRepair: own, open })
  return { view, policy, census, burst, open, subjects, peers, inRepair, factorOf: createFactors(view, peers) }
}

function isForeign({ node }: Candidate): boolean {
  return node.notOurs !== undefined
}

function earliestFailing(suspicion: Suspicion, now: Millis): Millis | undefined {
  let earliest: Millis | undefined
  for (const clock of suspicion.clocks) {
    const since = clock.failingSince
    if (since !== undefined && (earliest === undefined || since < earliest) && isFailing(clock, now)) earliest = since
  }
  return earliest
}

function oldestByNode(open: readonly NodeRepair[]): Map<string, NodeRepair> {
  const byNode = new Map<string, NodeRepair>()
  for (const repair of open) {
    const other = byNode.get(repair.spec.nodeName)
    const older =
      other === undefined ||
      repair.createdAt < other.createdAt ||
      (repair.createdAt === other.createdAt && repair.name < other.name)
    if (older) byNode.set(repair.spec.nodeName, repair)
  }
  return byNode
}

function standIn({ spec }: NodeRepair): NodeFacts {
  return {
    name: spec.nodeName,
    uid: spec.nodeUID,
    resourceVersion: '',
    role: spec.role,
    quorum: spec.quorum ?? quorumOfRole(spec.role),
    pool: spec.pool,
    zone: spec.zone,
    createdAt: undefined,
    deleting: false,
    unschedulable: false,
    taints: [],
    conditions: [],
    addresses: [],
    labels: {},
    annotations: {},
    providerID: undefined,
    systemUUID: undefined,
    machineID: undefined,
    bootID: undefined,
    kernelVersion: undefined,
    osImage: undefined,
    kubeletVersion: undefined,
  }
}

/** May this repair start its next attempt, as far as its own state goes? */
export function wantsAttempt(repair: NodeRepair): boolean {
  const phase = phaseOf(repair)
  return (phase === 'Pending' || phase === 'Draining') && runningAttempt(repair) === undefined && !repair.deleting
}

export function rungName({ next }: Candidate): RungName | 'human' {
  return next.rung === 'human' ? 'human' : next.rung.rung
}

/** Why limits that keep heald from making things worse let a start through. */
export const START_IS_SAFE = 'starting a machine that is off can hurt nothing'

/** The cloud itself says that the machine is off: nothing of it runs that a start could hurt. */
export function startsMachine(subject: Candidate): boolean {
  return rungName(subject) === 'start'
}

/** A used-up ladder of an open repair leads to parking it: no act follows, so what limits acts does not hold it. */
export function onlyParks({ next, repair }: Pick<Candidate, 'next' | 'repair'>): boolean {
  return next.rung === 'human' && repair !== undefined
}

export function toMonotonic(view: Pick<View, 'now' | 'calendar'>, calendar: Millis): Millis {
  return view.now + (calendar - view.calendar)
}

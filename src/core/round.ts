import { type Burst, findBursts } from './burst.ts'
import { type Census, type Group, groupOf, takeCensus } from './census.ts'
import { isFailing } from './clocks.ts'
import { type NextRung, nextRung } from './ladder.ts'
import type { NodeRepair } from './node-repair.ts'
import { isOpen, lastAttempt, phaseOf, runningAttempt } from './node-repair.ts'
import type { Policy } from './policy.ts'
import type { InstanceView, Millis, NodeFacts, RungName } from './types.ts'
import type { Suspicion, View } from './view.ts'

/** One node that `decide` judges: everything its gates compare, found once. */
export interface Subject {
  readonly node: NodeFacts
  /** False: the Node object is gone, and `node` is made up from its repair. */
  readonly present: boolean
  readonly suspicion: Suspicion | undefined
  /** Its own open repair. */
  readonly repair: NodeRepair | undefined
  readonly instance: InstanceView | undefined
  readonly pool: Group
  readonly zone: Group | undefined
  /** The earliest failing-since of its failing checks. */
  readonly failingSince: Millis | undefined
  readonly next: NextRung
  /** Somebody asked: passes come with their numbers. */
  readonly detail: boolean
}

/** What all gates of one `decide` share. */
export interface Round {
  readonly view: View
  readonly policy: Policy
  readonly census: Census
  readonly burst: Burst
  /** Open repairs by Node name: the oldest of each. */
  readonly openByNode: ReadonlyMap<string, NodeRepair>
  readonly open: readonly NodeRepair[]
  readonly subjects: readonly Subject[]
}

interface Found {
  readonly node: NodeFacts
  readonly present: boolean
  readonly suspicion: Suspicion | undefined
  readonly repair: NodeRepair | undefined
  readonly failingSince: Millis | undefined
}

/** Who is judged this round, and against which numbers. `asked` is judged too, whatever its state, and in detail. */
export function beginRound(view: View, policy: Policy, asked?: string): Round {
  const open: NodeRepair[] = []
  for (const repair of view.repairs.values()) if (isOpen(repair)) open.push(repair)
  const openByNode = oldestByNode(open)
  const found = findSubjects(view, openByNode)
  const census = takeCensus(
    view,
    policy,
    found.map(({ node }) => node),
    open,
  )
  const askedNode =
    asked === undefined || found.some(({ node }) => node.name === asked) ? undefined : view.nodes.get(asked)
  if (askedNode !== undefined) {
    const suspicion = view.suspicions.get(askedNode.name)
    found.push({ node: askedNode, present: true, suspicion, repair: undefined, failingSince: undefined })
  }
  const pools = new Map(census.pools)
  const zones = new Map(census.zones)
  const at = { now: view.now, calendar: view.calendar, maxNotSent: policy.maxNotSent }
  const subjects = found.map((one): Subject => {
    const instance = view.instances.get(one.node.name)
    return {
      node: one.node,
      present: one.present,
      suspicion: one.suspicion,
      repair: one.repair,
      instance,
      pool: groupOf(pools, one.node.pool),
      zone: one.node.zone === undefined ? undefined : groupOf(zones, one.node.zone),
      failingSince: one.failingSince,
      next: nextRung(one.repair, instance, policy.roles[one.node.role], at),
      detail: one.node.name === asked,
    }
  })
  return { view, policy, census, burst: findBursts(view, policy, subjects, open), openByNode, open, subjects }
}

function findSubjects(view: View, openByNode: ReadonlyMap<string, NodeRepair>): Found[] {
  const found: Found[] = []
  for (const [name, suspicion] of view.suspicions) {
    const node = view.nodes.get(name)
    const repair = openByNode.get(name)
    const failingSince = earliestFailing(suspicion, view.now)
    if (node === undefined || (failingSince === undefined && repair === undefined)) continue
    found.push({ node, present: true, suspicion, repair, failingSince })
  }
  for (const [name, repair] of openByNode) {
    const node = view.nodes.get(name)
    if (node !== undefined && view.suspicions.has(name)) continue
    const suspicion = view.suspicions.get(name)
    found.push({
      node: node ?? standIn(repair),
      present: node !== undefined,
      suspicion,
      repair,
      failingSince: undefined,
    })
  }
  return found
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

export function rungName({ next }: Subject): RungName | 'human' {
  return next.rung === 'human' ? 'human' : next.rung.rung
}

/** A used-up ladder of an open repair leads to parking it: no act follows, so what limits acts does not hold it. */
export function onlyParks(subject: Subject): boolean {
  return subject.next.rung === 'human' && subject.repair !== undefined
}

export function hasActed(repair: NodeRepair): boolean {
  return lastAttempt(repair) !== undefined
}

export function toMonotonic(view: Pick<View, 'now' | 'calendar'>, calendar: Millis): Millis {
  return view.now + (calendar - view.calendar)
}

import type { CheckClock, CheckInfo, EvidenceSource, FindingStatus } from '../../../src/core/model/finding.ts'
import type { InstanceState, InstanceView } from '../../../src/core/model/instance.ts'
import { type NodeFacts, quorumOfRole } from '../../../src/core/model/node.ts'
import {
  ALONE,
  type Attempt,
  type NodeRepair,
  type NodeRepairSpec,
  type NodeRepairStatus,
} from '../../../src/core/model/node-repair.ts'
import type { Policy, RungPolicy } from '../../../src/core/model/policy.ts'
import type { RungName, RungPlan } from '../../../src/core/model/rungs.ts'
import type { SourceHealth, Suspicion, Switches, View, Witness } from '../../../src/core/model/view.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** The monotonic now of a built view: far from zero, so that a forgotten clock shows. */
export const NOW = 10 * DAY
/** The calendar at NOW. */
export const CALENDAR = Date.UTC(2026, 4, 1, 12)

export function rung(name: RungName, change: Partial<RungPolicy> = {}): RungPolicy {
  const table: Readonly<Record<RungName, Omit<RungPolicy, 'rung' | 'approval' | 'delayAfterRebootMs'>>> = {
    start: { deadlineMs: 5 * MINUTE, verifyMs: 5 * MINUTE, soakMs: 2 * MINUTE, drainMs: 0 },
    'reboot-soft': { deadlineMs: 5 * MINUTE, verifyMs: 5 * MINUTE, soakMs: 5 * MINUTE, drainMs: 0 },
    'reboot-hard': { deadlineMs: 5 * MINUTE, verifyMs: 10 * MINUTE, soakMs: 5 * MINUTE, drainMs: 0 },
    replace: { deadlineMs: 20 * MINUTE, verifyMs: 15 * MINUTE, soakMs: 10 * MINUTE, drainMs: 5 * MINUTE },
  }
  return { rung: name, approval: false, delayAfterRebootMs: 0, ...table[name], ...change }
}

/** The design's defaults. */
export function policy(change: Partial<Policy> = {}): Policy {
  const climb = [rung('start'), rung('reboot-soft'), rung('reboot-hard')]
  return {
    hash: 'test',
    roles: {
      master: { enabled: true, ladder: [...climb, rung('replace', { approval: true })] },
      worker: { enabled: true, ladder: [...climb, rung('replace')] },
    },
    checkDelayAfterAddMs: 10 * MINUTE,
    nodeStartupMs: 20 * MINUTE,
    actOnCordoned: false,
    ownSight: {
      blindMs: 30 * SECOND,
      skewMs: 30 * SECOND,
      massPercent: 60,
      massMinLeases: 5,
      massWindowMs: 40 * SECOND,
      massGiveWayMs: 10 * MINUTE,
    },
    heartbeatMaxAgeMs: 40 * SECOND,
    correlated: { windowMs: 60 * SECOND, minSuspects: 2 },
    zone: { minBad: 3, percent: 55 },
    breaker: { poolPercent: 20, clusterPercent: 34, smallPool: 4 },
    inFlight: { pool: { percent: 10, min: 1 }, masters: 1 },
    controlPlaneSize: undefined,
    etcdSize: undefined,
    rate: { perNode: 3, perNodeWindowMs: 7 * DAY, perHour: 6, perDay: 20 },
    nodeGoneMs: 10 * MINUTE,
    maxNotSent: 2,
    protectLocalData: true,
    ...change,
  }
}

export function node(name: string, change: Partial<NodeFacts> = {}): NodeFacts {
  const role = change.role ?? 'worker'
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    role,
    quorum: quorumOfRole(role),
    pool: role,
    zone: undefined,
    createdAt: CALENDAR - 30 * DAY,
    deleting: false,
    unschedulable: false,
    taints: [],
    conditions: [],
    addresses: [],
    labels: {},
    annotations: {},
    providerID: `test://${name}`,
    systemUUID: undefined,
    machineID: undefined,
    bootID: `boot-${name}`,
    kernelVersion: '6.1',
    osImage: 'linux',
    kubeletVersion: 'v1.34.4',
    ...change,
  }
}

export function check(change: Partial<CheckInfo> = {}): CheckInfo {
  return {
    name: 'NodeCondition',
    type: 'NodeCondition',
    plane: 'kubelet',
    symptom: 'NotReady',
    unhealthyDurationMs: 5 * MINUTE,
    healthyDurationMs: MINUTE,
    ...change,
  }
}

/** A check that has failed for so long at NOW. */
export function failing(forMs: number, change: Partial<CheckInfo> = {}, now = NOW): CheckClock {
  const finding = { status: 'fail', reason: 'NodeNotReady', seenAt: now } as const
  return { check: check(change), finding, failingSince: now - forMs, passingSince: undefined }
}

export function passing(change: Partial<CheckInfo> = {}, now = NOW): CheckClock {
  const finding = { status: 'pass', reason: 'Ok', seenAt: now } as const
  return { check: check(change), finding, failingSince: undefined, passingSince: now - HOUR }
}

export function witness(plane: EvidenceSource, symptom: string, status: FindingStatus, now = NOW): Witness {
  return { plane, symptom, finding: { status, reason: status === 'pass' ? 'Ok' : symptom, seenAt: now } }
}

export function suspicion(name: string, clocks: readonly CheckClock[], change: Partial<Suspicion> = {}): Suspicion {
  return { node: name, clocks, witnesses: [], cordonedSince: undefined, localVolumes: [], ...change }
}

export function plan(name: RungName, change: Partial<RungPlan> = {}): RungPlan {
  return { rung: name, verdict: 'ok', reason: '', lockKey: name, ...change }
}

/** A machine that the cloud found, running unless told otherwise; every rung is possible. */
export function instance(
  name: string,
  state: Partial<InstanceState> = {},
  change: Partial<InstanceView> = {},
): InstanceView {
  const ref = { id: `machine-${name}`, name }
  return {
    located: { found: ref },
    state: { ref, power: 'running', provenStopped: false, ...state },
    plans: (['start', 'reboot-soft', 'reboot-hard', 'replace'] as const).map((one) => plan(one)),
    seenAt: NOW,
    ...change,
  }
}

export function attempt(change: Partial<Attempt> = {}): Attempt {
  const rungName = change.rung ?? 'reboot-soft'
  const order = {
    rung: rungName,
    repair: 'repair',
    nodeName: 'node',
    nodeUID: 'uid',
    instance: { id: 'machine', name: 'machine' },
    key: 'repair-1',
  }
  return {
    id: 1,
    rung: rungName,
    state: 'Failed',
    order,
    issuedAt: new Date(CALENDAR - 2 * HOUR).toISOString(),
    finishedAt: new Date(CALENDAR - 2 * HOUR + 10 * MINUTE).toISOString(),
    ...change,
  }
}

export function status(change: Partial<NodeRepairStatus> = {}): NodeRepairStatus {
  return {
    phase: 'Pending',
    epoch: 1,
    attempts: [],
    skipped: [],
    holds: [],
    nodeUID: '',
    startedAt: new Date(CALENDAR - 3 * HOUR).toISOString(),
    ...change,
  }
}

/** An open repair of `nodeName`, three hours old, that began to fail ten minutes before. */
export function repair(
  nodeName: string,
  change: Partial<NodeRepairStatus> | undefined = {},
  rest: Partial<Omit<NodeRepair, 'spec' | 'status'>> & { readonly spec?: Partial<NodeRepairSpec> } = {},
): NodeRepair {
  const { spec, ...metadata } = rest
  const name = metadata.name ?? `${nodeName}-1`
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    createdAt: CALENDAR - 3 * HOUR,
    deleting: false,
    finalizers: [],
    annotations: {},
    ...metadata,
    spec: {
      nodeName,
      nodeUID: `uid-${nodeName}`,
      instance: { id: `machine-${nodeName}`, name: nodeName },
      provider: 'test',
      role: 'worker',
      pool: spec?.role ?? 'worker',
      evidence: [
        {
          check: 'NodeCondition',
          plane: 'kubelet',
          symptom: 'NotReady',
          reason: 'NodeNotReady',
          failingForSeconds: 600,
        },
      ],
      policyHash: 'test',
      epoch: 1,
      ...spec,
    },
    status: change === undefined ? undefined : status({ nodeUID: `uid-${nodeName}`, ...change }),
  }
}

export function sight(change: Partial<SourceHealth> = {}): SourceHealth {
  return {
    blindSince: undefined,
    blindSource: undefined,
    seeingSince: 0,
    skewMs: 0,
    leases: { total: 0, staleTogether: 0, since: undefined, ownRenewalsFine: true },
    cloud: undefined,
    repairsBehind: false,
    ledger: { usable: true, reason: '' },
    ...change,
  }
}

export function switches(change: Partial<Switches> = {}): Switches {
  return {
    dryRun: false,
    paused: undefined,
    pools: new Map(),
    nodes: new Map(),
    cloud: undefined,
    stopped: false,
    ...change,
  }
}

export interface ViewParts {
  readonly nodes?: readonly NodeFacts[]
  readonly suspicions?: readonly Suspicion[]
  readonly repairs?: readonly NodeRepair[]
  readonly instances?: Readonly<Record<string, InstanceView>>
  readonly sight?: Partial<SourceHealth>
  readonly switches?: Partial<Switches>
  readonly rest?: Partial<View>
}

export function view(parts: ViewParts = {}): View {
  const nodes = new Map((parts.nodes ?? []).map((facts) => [facts.name, facts]))
  return {
    now: NOW,
    calendar: CALENDAR,
    nodes,
    heartbeats: new Map(),
    restless: new Map(),
    suspicions: new Map((parts.suspicions ?? []).map((one) => [one.node, one])),
    repairs: new Map((parts.repairs ?? []).map((one) => [one.name, one])),
    installation: ALONE,
    instances: new Map(Object.entries(parts.instances ?? {})),
    ...{ unreadable: new Map(), missing: [], timers: new Map() },
    sight: sight(parts.sight),
    switches: switches(parts.switches),
    controlPlaneSeen: [...nodes.values()].filter(({ role }) => role === 'master').length,
    etcdSeen: [...nodes.values()].filter(({ quorum }) => quorum.includes('etcd')).length,
    ownNode: undefined,
    takerPresent: true,
    ...parts.rest,
  }
}

/** `count` healthy workers called `w0`, `w1`, ... */
export function workers(count: number, change: Partial<NodeFacts> = {}): NodeFacts[] {
  return Array.from({ length: count }, (_, index) => node(`w${index}`, change))
}

export function masters(count: number, change: Partial<NodeFacts> = {}): NodeFacts[] {
  return Array.from({ length: count }, (_, index) => node(`m${index}`, { role: 'master', ...change }))
}

/** Three masters and ten workers, of which `w0` has failed for ten minutes and nothing stands in the way of its repair. */
export function oneBrokenWorker(parts: ViewParts = {}): View {
  return view({
    ...parts,
    nodes: parts.nodes ?? [...masters(3), ...workers(10)],
    suspicions: parts.suspicions ?? [suspicion('w0', [failing(10 * MINUTE)])],
    instances: { w0: instance('w0'), ...parts.instances },
  })
}

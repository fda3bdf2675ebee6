import type { StatusAnswer } from '../../api/pages.ts'
import { isOpen, phaseOf } from '../../core/model/node-repair.ts'
import type { Role } from '../../core/model/primitives.ts'
import type { Decision, Pause, Switches, View } from '../../core/model/view.ts'
import type { ElectionStatus } from '../../leader/options.ts'
import { rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { MetricsSnapshot } from '../../telemetry/snapshot.ts'

/** What this replica knows now, for gauges and /status. */
export interface Known {
  readonly view: View
  readonly decision: Decision
  readonly election: ElectionStatus
  readonly configLastGoodAt: number | undefined
  readonly configTrouble: string | undefined
  /** `cloudProvider` of the configuration. */
  readonly provider: string
}

export function metricsOf({ view, decision, election, configLastGoodAt, configTrouble }: Known): MetricsSnapshot {
  const repairs = new Map<string, number>()
  for (const repair of view.repairs.values()) if (isOpen(repair)) count(repairs, phaseOf(repair))
  const holds = new Map<string, number>()
  for (const { kind, gates } of decision.verdicts.values()) {
    if (kind === 'hold') for (const gate of gates) if (!gate.pass) count(holds, gate.gate)
  }
  return {
    nodes: nodeStates(view, decision),
    repairs,
    holds,
    requests: [...view.suspicions.values()].filter(({ request }) => request !== undefined).length,
    missing: missingMembers(view),
    blind: new Map([
      ['api', view.sight.blindSince !== undefined],
      ['cloud', view.sight.cloud !== undefined],
    ]),
    leading: election.leading,
    epoch: election.epoch,
    paused: view.switches.paused !== undefined,
    dryRun: view.switches.dryRun,
    configLastGoodAt,
    configKept: configTrouble !== undefined,
  }
}

function nodeStates(view: View, decision: Decision): MetricsSnapshot['nodes'] {
  const inRepair = new Map<string, string>()
  for (const repair of view.repairs.values()) {
    if (isOpen(repair)) inRepair.set(repair.spec.nodeName, phaseOf(repair) === 'Parked' ? 'parked' : 'in-repair')
  }
  const counts: Record<Role, Map<string, number>> = { master: new Map(), worker: new Map() }
  for (const node of view.nodes.values()) {
    const own = node.notOurs === undefined ? (decision.verdicts.get(node.name)?.kind ?? 'healthy') : 'not-ours'
    count(counts[node.role], inRepair.get(node.name) ?? own)
  }
  return (['master', 'worker'] as const).flatMap((role) =>
    [...counts[role]].map(([state, number]) => ({ role, state, count: number })),
  )
}

function missingMembers(view: View): MetricsSnapshot['missing'] {
  const counts = new Map<string, number>([
    ['NeverJoined', 0],
    ['NodeMissing', 0],
  ])
  for (const { symptom } of view.missing) count(counts, symptom)
  return counts
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** The page /status: who leads, what is switched how, what is under way, who is held by what. */
export function statusOf(
  { view, decision, election, configLastGoodAt, provider }: Known,
  config: Omit<StatusAnswer['config'], 'lastGoodAt'>,
  version: string,
): StatusAnswer {
  const { sight, switches } = view
  return {
    version,
    now: rfc3339(view.calendar),
    leader: {
      leading: election.leading,
      holder: election.holder,
      epoch: election.epoch,
      standingAside: election.standingAside,
    },
    config: {
      lastGoodAt: configLastGoodAt === undefined ? undefined : rfc3339(configLastGoodAt),
      ...config,
    },
    switches: describe(switches),
    sight: {
      blindSince: sight.blindSince === undefined ? undefined : rfc3339(view.calendar - (view.now - sight.blindSince)),
      blindSource: sight.blindSource,
      clockSkewMs: sight.skewMs,
      cloud: provider === 'none' ? provider : (sight.cloud?.message ?? 'ok'),
      ledger: sight.ledger.usable ? 'ok' : sight.ledger.reason,
    },
    nodes: nodeStates(view, decision),
    suspects: [...decision.verdicts.values()].map(({ node, kind, rung, gates }) => ({
      node,
      verdict: kind,
      rung,
      heldBy: gates.filter((gate) => !gate.pass).map(({ gate, reason, message }) => ({ gate, reason, message })),
    })),
    requests: [...view.suspicions.values()].flatMap(({ node, request }) => {
      return request === undefined ? [] : [{ node, ...request }]
    }),
    missing: view.missing.map(({ member: { ref, role, power }, symptom, since }) => ({
      ...{ name: ref.name, instance: ref.id, group: ref.group, role, power, symptom },
      since: rfc3339(view.calendar - (view.now - since)),
    })),
    repairs: [...view.repairs.values()].filter(isOpen).map((repair) => ({
      name: repair.name,
      node: repair.spec.nodeName,
      phase: phaseOf(repair),
      rung: repair.status?.rung,
      attempts: repair.status?.attempts.length ?? 0,
      reason: repair.status?.reason,
    })),
  }
}

function describe(switches: Switches): StatusAnswer['switches'] {
  const pause = (one: Pause) => ({
    reason: one.reason,
    until: one.until === undefined ? 'resumed' : rfc3339(one.until),
  })
  return {
    dryRun: switches.dryRun,
    stopFile: switches.stopped,
    paused: switches.paused === undefined ? false : pause(switches.paused),
    pools: Object.fromEntries([...switches.pools].map(([name, one]) => [name, pause(one)])),
    nodes: Object.fromEntries([...switches.nodes].map(([name, one]) => [name, pause(one)])),
    cloud: switches.cloud ?? 'none',
  }
}

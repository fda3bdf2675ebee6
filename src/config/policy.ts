import { createHash } from 'node:crypto'
import type { Policy, RolePolicy, RungPolicy } from '../core/model/policy.ts'
import type { Role } from '../core/model/primitives.ts'
import type { Config } from './schema/schema.ts'

/** The rules of the core, out of the configuration. `hash` covers all of them: equal rules, equal hash, on every replica. */
export function toPolicy(config: Config): Policy {
  const { gates } = config
  const { ownSight, correlatedCause, zoneHold, breaker, inFlight, rate } = gates
  const rules: Omit<Policy, 'hash'> = {
    roles: { master: rolePolicy(config, 'master'), worker: rolePolicy(config, 'worker') },
    checkDelayAfterAddMs: config.checkDelayAfterAdd,
    nodeStartupMs: config.nodeStartupTimeout,
    actOnCordoned: config.actOnCordoned,
    ownSight: {
      blindMs: ownSight.blindAfter,
      skewMs: ownSight.clockSkew,
      massPercent: ownSight.massPercent,
      massMinLeases: ownSight.massMinLeases,
      massWindowMs: ownSight.massWindow,
      massGiveWayMs: ownSight.massGivesWayAfter,
    },
    heartbeatMaxAgeMs: gates.heartbeatMaxAge,
    correlated: { windowMs: correlatedCause.window, minSuspects: correlatedCause.minSuspects },
    zone: { minBad: zoneHold.minBad, percent: zoneHold.percent },
    breaker: {
      poolPercent: breaker.poolPercent,
      clusterPercent: breaker.clusterPercent,
      smallPool: breaker.smallPool,
    },
    inFlight: { pool: { percent: inFlight.poolPercent, min: inFlight.poolMin }, masters: inFlight.masters },
    controlPlaneSize: config.controlPlaneSize,
    etcdSize: config.etcdSize,
    rate: {
      perNode: rate.perNode,
      perNodeWindowMs: rate.perNodeWindow,
      perHour: rate.perHour,
      perDay: rate.perDay,
    },
    nodeGoneMs: gates.nodeGoneAfter,
    maxNotSent: gates.maxNotSent,
    protectLocalData: gates.localData.approval,
  }
  return { hash: hashOf(rules), ...rules }
}

function rolePolicy(config: Config, role: Role): RolePolicy {
  const enabled = role === 'master' ? config.masterMonitorEnabled : config.workerMonitorEnabled
  const ladder = config.ladder[role].map(
    ({ rung, deadline, verify, soak, drain, approval }): RungPolicy => ({
      rung,
      deadlineMs: deadline,
      verifyMs: verify,
      soakMs: soak,
      drainMs: drain,
      approval,
      delayAfterRebootMs: rung === 'replace' ? config.rebuildDelayAfterReboot : 0,
    }),
  )
  return { enabled, ladder }
}

function hashOf(rules: Omit<Policy, 'hash'>): string {
  return createHash('sha256').update(stableJson(rules)).digest('hex').slice(0, 16)
}

/** Keys in order, so that the hash depends on what is said and not on how. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

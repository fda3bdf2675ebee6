import { Counter, Histogram, Registry } from 'prom-client'
import type { AttemptState } from '../core/model/node-repair.ts'
import type { Millis, Role } from '../core/model/primitives.ts'
import type { RungName } from '../core/model/rungs.ts'
import type { Notice } from '../core/ports/log.ts'
import { registerGauges } from './gauges.ts'
import type { MetricsSnapshot } from './snapshot.ts'

/** `decide` is promised in 2 ms for 15,000 nodes, in 25 ms when all of them are suspects. */
const DECIDE_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]
/** From a switched-off machine that starts to a ladder climbed to its end. */
const REPAIR_BUCKETS = [30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400]

export interface Metrics {
  readonly registry: Registry
  /** One picture of now, in Prometheus' text format. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>
  notice(notice: Notice): void
  /** A repair has ended or was parked. */
  repair(outcome: { outcome: string; role: Role; rung: RungName | 'human' | 'none'; durationMs: Millis }): void
  attempt(rung: RungName, state: AttemptState): void
  apiRequest(verb: string, resource: string, code: number | string): void
  decided(ms: Millis): void
  configError(): void
  recordLost(lines: number): void
  stoodStill(ms: Millis): void
}

/** A registry of its own: nothing else in the process can add to it. */
export function createMetrics(snapshot: () => MetricsSnapshot): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const setGauges = registerGauges(registry)

  const notices = new Counter({
    name: 'heald_notices_total',
    help: 'What heald had to tell, by reason: the same words as in the log and in Kubernetes events',
    labelNames: ['reason', 'level'],
    registers,
  })
  const repairs = new Counter({
    name: 'heald_repairs_total',
    help: 'Repairs that ended or were parked; rung is the last one that acted',
    labelNames: ['outcome', 'role', 'rung'],
    registers,
  })
  const repairSeconds = new Histogram({
    name: 'heald_repair_duration_seconds',
    help: 'From the start of a repair to its end, parked time included',
    labelNames: ['outcome'],
    buckets: REPAIR_BUCKETS,
    registers,
  })
  const attempts = new Counter({
    name: 'heald_attempts_total',
    help: 'Attempts that reached a state; every attempt is counted once per state',
    labelNames: ['rung', 'state'],
    registers,
  })
  const requests = new Counter({
    name: 'heald_api_requests_total',
    help: 'Requests to the Kubernetes API server; code 0 is no answer at all',
    labelNames: ['verb', 'resource', 'code'],
    registers,
  })
  const decide = new Histogram({
    name: 'heald_decide_seconds',
    help: 'Time of one decision over the whole cluster',
    buckets: DECIDE_BUCKETS,
    registers,
  })
  const configErrors = new Counter({
    name: 'heald_config_errors_total',
    help: 'Configurations that were refused; the last good one stays in force',
    registers,
  })
  const recordLost = new Counter({
    name: 'heald_record_lost_total',
    help: 'Lines of the record (`record.directory`) that could not be written',
    registers,
  })

  const stoodStill = new Counter({
    name: 'heald_stood_still_seconds_total',
    help: "Time in which heald's own process did not run: starved, stopped, or its machine asleep",
    registers,
  })

  return {
    registry,
    async scrape() {
      setGauges(snapshot())
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
    // In braces: `inc` returns something, and a sink that returns anything is waited for.
    notice({ reason, level }) {
      notices.inc({ reason, level })
    },
    repair({ outcome, role, rung, durationMs }) {
      repairs.inc({ outcome, role, rung })
      repairSeconds.observe({ outcome }, Math.max(0, durationMs / 1_000))
    },
    attempt: (rung, state) => attempts.inc({ rung, state }),
    apiRequest: (verb, resource, code) => requests.inc({ verb, resource, code }),
    decided: (ms) => decide.observe(ms / 1_000),
    recordLost: (lines) => recordLost.inc(lines),
    stoodStill: (ms) => stoodStill.inc(ms / 1_000),
    configError: () => configErrors.inc(),
  }
}

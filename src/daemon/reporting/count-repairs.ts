import { FINISHED_PHASES, lastAttempt, type NodeRepair, phaseOf } from '../../core/model/node-repair.ts'
import type { Metrics } from '../../telemetry/metrics.ts'

/** Counts what a change of a NodeRepair means: attempts by the state they reached, repairs by their end. */
export function countRepair(metrics: Metrics, after: NodeRepair | undefined, before: NodeRepair | undefined): void {
  if (after === undefined || before === undefined) return
  const attempt = lastAttempt(after)
  const previous = before.status?.attempts.find((one) => one.id === attempt?.id)
  if (attempt !== undefined && attempt.state !== previous?.state) metrics.attempt(attempt.rung, attempt.state)
  const phase = phaseOf(after)
  if (phase === phaseOf(before) || (phase !== 'Parked' && !FINISHED_PHASES.includes(phase))) return
  const { status } = after
  const startedAt = Date.parse(status?.startedAt ?? '')
  const endedAt = Date.parse(status?.finishedAt ?? '')
  metrics.repair({
    outcome: phase,
    role: after.spec.role,
    rung: attempt?.rung ?? 'none',
    durationMs: Number.isNaN(endedAt - startedAt) ? 0 : endedAt - startedAt,
  })
}

import type { Millis } from './primitives.ts'

/** Every kind of action, from the weakest to the strongest. Types, schemas and documents take the names from here. */
export const RUNGS = ['start', 'reboot-soft', 'reboot-hard', 'replace'] as const

/** One kind of action. `human` is what comes after the last rung, and never acts. */
export type RungName = (typeof RUNGS)[number]

export function isReboot(rung: RungName | 'human' | undefined): rung is 'reboot-soft' | 'reboot-hard' {
  return rung === 'reboot-soft' || rung === 'reboot-hard'
}

export interface RungTimes {
  /** How long the cloud may take until it says that the action is done. */
  readonly deadlineMs: Millis
  /** How long the node may take until the action is proven. */
  readonly verifyMs: Millis
  /** How long the node must then stay healthy. */
  readonly soakMs: Millis
  /** 0 = do not drain. Silent nodes are never drained. */
  readonly drainMs: Millis
}

/**
 * The ladder table of docs/architecture.md §4: what the configuration fills in, and what holds for a rung that left the
 * ladder while it was under way.
 */
export const RUNG_DEFAULTS: Readonly<Record<RungName, RungTimes>> = {
  start: { deadlineMs: 300_000, verifyMs: 300_000, soakMs: 120_000, drainMs: 0 },
  'reboot-soft': { deadlineMs: 300_000, verifyMs: 300_000, soakMs: 300_000, drainMs: 0 },
  'reboot-hard': { deadlineMs: 300_000, verifyMs: 600_000, soakMs: 300_000, drainMs: 0 },
  replace: { deadlineMs: 1_200_000, verifyMs: 900_000, soakMs: 600_000, drainMs: 300_000 },
}

export interface RungPlan {
  readonly rung: RungName
  readonly verdict: 'ok' | 'skip' | 'hold'
  /** Why skipped or held; empty when ok. PascalCase, e.g. `AlreadyRunning`, `NodeGroupUnknown`. */
  readonly reason: string
  readonly message?: string
  /** Orders with equal keys are never in flight together. */
  readonly lockKey: string
  /** Waiting orders with an equal key go in one step. */
  readonly batchKey?: string
}

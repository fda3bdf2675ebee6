/** One kind of action. `human` is what comes after the last rung, and never acts. */
export type RungName = 'start' | 'reboot-soft' | 'reboot-hard' | 'replace'

export const RUNGS: readonly RungName[] = ['start', 'reboot-soft', 'reboot-hard', 'replace']

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

import type { Millis, Role } from '../core/model/primitives.ts'

/** What the gauges show at the moment of a scrape. */
export interface MetricsSnapshot {
  /** State: `healthy`, or the kind of its verdict (`watch`, `hold`, `repair`), or `in-repair`, `parked`, `not-ours`. */
  readonly nodes: readonly { readonly role: Role; readonly state: string; readonly count: number }[]
  /** Open repairs by phase. */
  readonly repairs: ReadonlyMap<string, number>
  /** How many nodes each gate holds. */
  readonly holds: ReadonlyMap<string, number>
  /** How many machines no Node stands for, by symptom. */
  readonly requests: number
  readonly missing: ReadonlyMap<string, number>
  /** Every source of sight; true = blind. */
  readonly blind: ReadonlyMap<string, boolean>
  readonly leading: boolean
  readonly epoch: number | undefined
  readonly paused: boolean
  readonly dryRun: boolean
  /** Calendar milliseconds at which the configuration in force was read. */
  readonly configLastGoodAt: Millis | undefined
  /** The last good configuration stays in force, since the newest one can't be taken. */
  readonly configKept: boolean
}

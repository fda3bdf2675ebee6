import type { InstanceRef } from './instance.ts'
import type { Json, Millis } from './primitives.ts'
import type { RungName } from './rungs.ts'

/** What was seen before the act: the yardstick of its proof. Stored in the attempt. */
export interface Order {
  readonly rung: RungName
  readonly repair: string
  readonly nodeName: string
  readonly nodeUID: string
  readonly instance: InstanceRef
  readonly bootID?: string
  readonly bootMark?: string
  readonly count?: number
  /**
   * Makes names that the step creates unique and repeatable: repair name and attempt number. Orders that go in one step
   * have what follows an `@` in common.
   */
  readonly key: string
}

/** As a provider gets it for a step, forward or back. */
export interface DueOrder extends Order {
  /** The end of the fleet's fence, on heald's clock: later another replica may lead, so nothing is sent. */
  readonly notAfter?: Millis
}

export interface Replacement {
  readonly instance: InstanceRef
  /** The Node name expected for it, where the provider knows. */
  readonly nodeName?: string
}

/**
 * `running`: store `cursor`, call `step` again in `againMs`. A step mutates only what its incoming cursor names;
 * a cursor equal to the incoming one means "still waiting" and is not stored again.
 * `failed` with effect `none`: proven not sent.
 */
export type StepResult =
  | { readonly state: 'running'; readonly cursor: Json; readonly againMs: Millis }
  | {
      readonly state: 'done'
      readonly replacement?: Replacement
      /** By Order.key, where several orders went together. */
      readonly replacements?: Readonly<Record<string, Replacement>>
    }
  | { readonly state: 'failed'; readonly reason: string; readonly effect: 'none' | 'maybe' }

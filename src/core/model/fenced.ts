import type { Millis } from './primitives.ts'

/**
 * An object in which the leader keeps what it does, as stored. Its status carries the epoch of the leader that wrote
 * last, and the rules of its kind refuse a write with a lower one: that is the second fence.
 */
export interface FencedObject<Spec, Status> {
  /** Unique among those of its kind: `namespace/name` where the kind is namespaced. */
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  /** Calendar milliseconds by the API server. */
  readonly createdAt: Millis
  /** deletionTimestamp is set: a person withdraws it. */
  readonly deleting: boolean
  readonly finalizers: readonly string[]
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Spec
  /** Undefined: created, and its creator died before the first status. */
  readonly status: Status | undefined
}

/** No status of a lower epoch than the spec's is ever stored. */
export interface Epoched {
  readonly epoch: number
}

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

/**
 * How far above heald's own an epoch may stand and still be a leader's. Each leader's is one above the last, so a Lease
 * that was deleted, or an etcd that was restored, leaves at most as many behind as there were leaders.
 */
export const EPOCH_REACH = 10_000

export function epochOf({ spec, status }: Pick<FencedObject<Epoched, Epoched>, 'spec' | 'status'>): number {
  return Math.max(spec.epoch, status?.epoch ?? 0)
}

/** Why an object is nothing that a leader of this cluster has written; undefined: it may be. `own`: heald's epoch. */
export function epochDoubt(
  object: Pick<FencedObject<Epoched, Epoched>, 'spec' | 'status'>,
  own: number,
): string | undefined {
  const epoch = epochOf(object)
  if (epoch <= own + EPOCH_REACH) return undefined
  return `its epoch ${epoch} is far above heald's own (${own}): no leader of this cluster has written it`
}

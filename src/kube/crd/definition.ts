import type { z } from 'zod'

/** A CEL rule of a CRD. It stands here once: the API server gets `rule`, the embedded API has a function of that name. */
export interface CelRule {
  readonly name: string
  /** What it is a rule of: `''` (the object), `spec`, `status`, `status.attempts[]` (each item). */
  readonly where: string
  readonly rule: string
  readonly message: string
}

/** What `FencedStore.probe` tries a kind's CRD with. Beside it, every kind is tried with a lower epoch, none, and no status. */
export interface ProbeSample<Spec, Status> {
  /** Uses every field. */
  readonly spec: Spec
  /** Uses every field, and is not finished. */
  readonly open: Status
  /** Each must be refused once `open` is stored. */
  readonly refused: readonly Status[]
  /** A merge patch of the spec, which must be refused. */
  readonly specChange: object
  /** Follows `open`, and never changes again: `reopened` must be refused after it. */
  readonly finished: Status
  readonly reopened: Status
}

/** A kind of object that heald stores: all that its CRD says, and all that reading and writing it needs. */
export interface Definition<Spec = unknown, Status = unknown> {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly scope: 'Cluster' | 'Namespaced'
  /** For `kubectl explain`. */
  readonly description: string
  /** What `kubectl get` shows beside the name. */
  readonly columns: readonly { readonly name: string; readonly type: string; readonly jsonPath: string }[]
  readonly spec: z.ZodType<Spec>
  readonly status: z.ZodType<Status>
  readonly rules: readonly CelRule[]
  /** The field of the spec that names what an object is about, e.g. the node that it parks when it can't be read. */
  readonly about: string
  readonly finalizer: string
  readonly probe: ProbeSample<Spec, Status>
}

/** What the scratch object of a probe says it is of. It is about nothing, so nobody but the probe ever sees it. */
export const PROBE_NAME = 'heald-probe'

/** Each has a name of its own, made by the API server: one that can be foreseen can be taken, or held by a finalizer. */
export const PROBE_GENERATE_NAME = `${PROBE_NAME}-`

/** Earlier versions had the one name without anything after it. */
export function isProbeName(name: string): boolean {
  return /^heald-probe(-[a-z0-9]+)?$/.test(name)
}

export function apiVersionOf({ group, version }: Definition): string {
  return `${group}/${version}`
}

/** The path of all objects of a kind, in all namespaces. */
export function pathOf({ group, version, plural }: Definition): string {
  return `/apis/${group}/${version}/${plural}`
}

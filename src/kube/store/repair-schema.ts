import { z } from 'zod'
import type { Attempt, NodeRepair, NodeRepairSpec, NodeRepairStatus } from '../../core/model/node-repair.ts'
import type { Json } from '../../core/model/primitives.ts'
import { RUNGS } from '../../core/model/rungs.ts'

export const REPAIR_API_VERSION = 'heald.dev/v1alpha1'
export const REPAIR_KIND = 'NodeRepair'

/** The scratch object of `Ledger.probe`. It is of no node, so nobody but the probe ever sees it. */
export const PROBE_NAME = 'heald-probe'

/** The longest cursor that the CRD stores, as JSON text. */
export const CURSOR_LIMIT = 1024

const Rung = z.enum(RUNGS)
const Instance = z.object({ id: z.string(), name: z.string(), group: z.string().optional() })

const Spec = z.object({
  nodeName: z.string().min(1),
  nodeUID: z.string(),
  instance: Instance.optional(),
  provider: z.string(),
  role: z.enum(['master', 'worker']),
  pool: z.string(),
  zone: z.string().optional(),
  evidence: z.array(
    z.object({
      check: z.string(),
      plane: z.string(),
      symptom: z.string(),
      reason: z.string(),
      message: z.string().optional(),
      failingForSeconds: z.number(),
    }),
  ),
  policyHash: z.string(),
  epoch: z.int().min(0),
})

const Order = z.object({
  rung: Rung,
  repair: z.string(),
  nodeName: z.string(),
  nodeUID: z.string(),
  instance: Instance,
  bootID: z.string().optional(),
  bootMark: z.string().optional(),
  count: z.int().optional(),
  key: z.string(),
})

const Cursor = z.string().transform((text, context): Json => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' })
    return z.NEVER
  }
})

const StoredAttempt = z.object({
  id: z.int().min(1),
  rung: Rung,
  state: z.enum(['Issued', 'Confirmed', 'Unknown', 'NotSent', 'Verified', 'Failed']),
  order: Order,
  cursor: Cursor.optional(),
  issuedAt: z.string(),
  finishedAt: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
})

const Status = z.object({
  phase: z.enum(['Pending', 'Draining', 'Acting', 'Verifying', 'Soaking', 'Parked', 'Succeeded', 'Cancelled']),
  epoch: z.int().min(0),
  rung: Rung.optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  // A list-map has no order of its own: an apply by somebody else may store it in any.
  attempts: z.array(StoredAttempt).transform((attempts) => attempts.sort((a, b) => a.id - b.id)),
  skipped: z.array(z.object({ rung: Rung, reason: z.string() })),
  holds: z.array(z.object({ gate: z.string(), reason: z.string(), message: z.string() })),
  nodeUID: z.string(),
  replacement: z.object({ instance: Instance, nodeName: z.string().optional() }).optional(),
  cordon: z.enum(['ours', 'lifted-by-person']).optional(),
  drained: z.enum(['Drained', 'DrainSkipped', 'DrainDeadline']).optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
})

const StoredRepair = z.object({
  metadata: z.object({
    name: z.string().min(1),
    uid: z.string().min(1),
    resourceVersion: z.string().min(1),
    creationTimestamp: z.string().transform((text, context) => {
      const millis = Date.parse(text)
      if (Number.isNaN(millis)) context.addIssue({ code: 'custom', message: 'is not a time' })
      return millis
    }),
    deletionTimestamp: z.string().optional(),
    finalizers: z.array(z.string()).default([]),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: Spec,
  status: Status.optional(),
})

// Of what can't be read: enough to say which node it parks.
const Fragment = z.object({
  metadata: z.object({ name: z.string().min(1) }),
  spec: z.object({ nodeName: z.string().min(1).optional().catch(undefined) }).catch({ nodeName: undefined }),
})

export interface UnreadableRepair {
  readonly name: string
  /** The node that it parks; undefined when not even that can be read. */
  readonly node: string | undefined
  /** `path: what is wrong`, for people. */
  readonly why: string
}

/** The object as the API server gave it, as the core knows it, or why that can't be. */
export function readRepair(
  object: unknown,
): { readonly repair: NodeRepair } | { readonly unreadable: UnreadableRepair } {
  const parsed = StoredRepair.safeParse(object)
  if (parsed.success) {
    const { metadata, spec, status } = parsed.data
    const { name, uid, resourceVersion, finalizers, annotations } = metadata
    const deleting = metadata.deletionTimestamp !== undefined
    const createdAt = metadata.creationTimestamp
    return {
      repair: { name, uid, resourceVersion, createdAt, deleting, finalizers, annotations, spec, status },
    }
  }
  const fragment = Fragment.safeParse(object)
  const issue = parsed.error.issues[0]
  const why = issue === undefined ? 'unknown' : `${issue.path.map(String).join('.') || 'object'}: ${issue.message}`
  const name = fragment.success ? fragment.data.metadata.name : 'unknown'
  return { unreadable: { name, node: fragment.success ? fragment.data.spec.nodeName : undefined, why } }
}

/** The spec as it is stored. Free text and lists for people are cut to what the CRD takes; identities never are. */
export function storedSpec(spec: NodeRepairSpec): object {
  const evidence = spec.evidence
    .slice(0, 16)
    .map((one) => ({ ...one, reason: cut(one.reason, 256), message: cut(one.message, 1024) }))
  return { ...spec, evidence }
}

/** The status as it is stored; see `storedSpec`. Throws when a cursor is longer than CURSOR_LIMIT: that is the provider's contract. */
export function storedStatus(status: NodeRepairStatus): object {
  return {
    ...status,
    reason: cut(status.reason, 256),
    message: cut(status.message, 4096),
    attempts: status.attempts.map(storedAttempt),
    skipped: status.skipped.slice(0, 16).map((one) => ({ ...one, reason: cut(one.reason, 256) })),
    holds: status.holds
      .slice(0, 32)
      .map((hold) => ({ ...hold, reason: cut(hold.reason, 256), message: cut(hold.message, 1024) })),
  }
}

function storedAttempt(attempt: Attempt): object {
  const cursor = attempt.cursor === undefined ? undefined : JSON.stringify(attempt.cursor)
  if (cursor !== undefined && cursor.length > CURSOR_LIMIT) {
    throw new RangeError(
      `ledger: cursor of attempt ${attempt.id}: ${cursor.length} characters, at most ${CURSOR_LIMIT}`,
    )
  }
  return { ...attempt, cursor, reason: cut(attempt.reason, 256), message: cut(attempt.message, 1024) }
}

function cut<T extends string | undefined>(text: T, limit: number): T | string {
  return text !== undefined && text.length > limit ? `${text.slice(0, limit - 1)}…` : text
}

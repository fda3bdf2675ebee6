import { z } from 'zod'
import type { NodeRepairSpec, NodeRepairStatus } from '../../core/model/node-repair.ts'
import { FINISHED_ATTEMPTS, FINISHED_PHASES, REPAIR_FINALIZER } from '../../core/model/node-repair.ts'
import { type Json, QUORUM_GROUPS } from '../../core/model/primitives.ts'
import type { AttemptReason, PhaseReason } from '../../core/model/repair-reasons.ts'
import { RUNGS } from '../../core/model/rungs.ts'
import type { CelRule, Definition } from './definition.ts'
import { listById, listForPeople, prose, reason, text } from './fields.ts'
import { REPAIR_PROBE } from './node-repair-probe.ts'

/** The longest cursor that the CRD stores, as JSON text. */
export const CURSOR_LIMIT = 1024

const Rung = z.enum(RUNGS)
/** The Lease counts in 32 bits: there must be room above for each leader that is to follow. */
export const EPOCH_LIMIT = 1_000_000_000
const Epoch = z.int().min(0).meta({ maximum: EPOCH_LIMIT })
const Instance = z.object({ id: text(256, 1), name: text(256), group: text(256).optional() })

export const RepairSpec = z.object({
  nodeName: z.string().min(1).meta({ maxLength: 253 }),
  nodeUID: text(128, 1),
  instance: Instance.optional().meta({ description: 'The machine at its cloud.' }),
  provider: text(64),
  owner: text(320)
    .optional()
    .meta({ description: 'The Lease of the heald whose repair it is; to any other it is not its own.' }),
  role: z.enum(['master', 'worker']),
  quorum: z
    .array(z.enum(QUORUM_GROUPS))
    .max(QUORUM_GROUPS.length)
    .optional()
    .meta({ description: 'The groups of nodes of which a majority must stay, and to which the node belongs.' }),
  pool: text(256),
  zone: text(256).optional(),
  evidence: listForPeople(
    16,
    z.object({
      check: text(128),
      plane: text(64),
      symptom: text(128),
      reason: prose(256),
      message: prose(1024).optional(),
      failingForSeconds: z.number(),
    }),
  ).meta({ description: 'What failed when the repair was opened.' }),
  request: z
    .object({ reason: text(256, 1), until: text(64), rung: Rung.optional(), by: text(256).optional() })
    .optional()
    .meta({ description: 'Who asked for this repair, and why (`heald repair`).' }),
  policyHash: text(128),
  epoch: Epoch.meta({ description: 'Names the leader that opened the repair.' }),
})

const Order = z.object({
  rung: Rung,
  repair: text(253),
  nodeName: text(253),
  nodeUID: text(128),
  instance: Instance,
  bootID: text(256).optional(),
  bootMark: text(256).optional(),
  count: z.int().optional(),
  key: text(320),
})

const Cursor = z.codec(text(CURSOR_LIMIT), z.custom<Json>(), {
  decode: (stored, context): Json => {
    try {
      return JSON.parse(stored)
    } catch {
      context.issues.push({ code: 'custom', message: 'is not JSON', input: stored })
      return z.NEVER
    }
  },
  encode: (cursor, context) => {
    const stored = JSON.stringify(cursor)
    if (stored.length > CURSOR_LIMIT) {
      const message = `${stored.length} characters, at most ${CURSOR_LIMIT}`
      context.issues.push({ code: 'custom', message, input: cursor })
    }
    return stored
  },
})

const StoredAttempt = z.object({
  id: z.int().min(1),
  rung: Rung,
  state: z.enum(['Issued', 'Confirmed', 'Unknown', 'NotSent', 'Verified', 'Failed']),
  order: Order.meta({ description: 'What was seen before the act, the yardstick of its proof.' }),
  cursor: Cursor.optional().meta({
    description: 'The step that was issued last, as JSON; only the provider understands it.',
  }),
  issuedAt: text(64),
  finishedAt: text(64).optional(),
  reason: reason<AttemptReason>().optional(),
  message: prose(1024).optional(),
})

export const RepairStatus = z.object({
  phase: z.enum(['Pending', 'Draining', 'Acting', 'Verifying', 'Soaking', 'Parked', 'Succeeded', 'Cancelled']),
  epoch: Epoch.meta({ description: 'Names the leader that wrote last.' }),
  rung: Rung.optional(),
  reason: reason<PhaseReason>().optional(),
  message: prose(4096).optional(),
  attempts: listById(16, StoredAttempt),
  skipped: listForPeople(16, z.object({ rung: Rung, reason: prose(256) })).meta({ description: 'Rungs passed over.' }),
  holds: listForPeople(32, z.object({ gate: text(64), reason: prose(256), message: prose(1024) })).meta({
    description: 'Gates that say no at the moment.',
  }),
  nodeUID: text(128),
  replacement: z.object({ instance: Instance, nodeName: text(253).optional() }).optional(),
  cordon: z.enum(['ours', 'lifted-by-person']).optional(),
  drained: z.enum(['Drained', 'DrainSkipped', 'DrainDeadline']).optional(),
  startedAt: text(64),
  finishedAt: text(64).optional(),
})

const RULES = [
  {
    name: 'status-stays',
    where: '',
    rule: '!has(oldSelf.status) || has(self.status)',
    message: "status can't be removed",
  },
  {
    name: 'status-not-before-creator',
    where: '',
    rule: '!has(self.status) || self.status.epoch >= self.spec.epoch',
    message: "status.epoch is at least the creator's",
  },
  {
    name: 'order-is-of-its-machine',
    where: '',
    rule: '!has(self.status) || !has(self.spec.instance) || self.status.attempts.all(each, each.order.instance.id == self.spec.instance.id || (has(self.status.replacement) && each.order.instance.id == self.status.replacement.instance.id))',
    message: "an order is for the repair's own machine, or for the one that replaced it",
  },
  { name: 'spec-stays', where: 'spec', rule: 'self == oldSelf', message: 'spec never changes' },
  {
    name: 'epoch-never-falls',
    where: 'status',
    rule: 'self.epoch >= oldSelf.epoch',
    message: 'status.epoch never goes down: a newer leader has written',
  },
  {
    name: 'finished-repair-stays',
    where: 'status',
    rule: `!(oldSelf.phase in ${celList(FINISHED_PHASES)}) || self == oldSelf`,
    message: 'a finished repair never changes',
  },
  {
    name: 'attempts-only-grow',
    where: 'status',
    rule: 'oldSelf.attempts.all(old, self.attempts.exists(new, new.id == old.id))',
    message: 'attempts only grow',
  },
  {
    name: 'finished-attempt-stays',
    where: 'status.attempts[]',
    rule: `!(oldSelf.state in ${celList(FINISHED_ATTEMPTS)}) || self == oldSelf`,
    message: 'a finished attempt never changes',
  },
] as const satisfies readonly CelRule[]

export type RepairRule = (typeof RULES)[number]['name']

function celList(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`
}

/** The one source of a NodeRepair's shape: manifests/base/crd.yaml is generated from it (`npm run generate`). */
export const NODE_REPAIR = {
  group: 'heald.dev',
  version: 'v1alpha1',
  kind: 'NodeRepair',
  plural: 'noderepairs',
  singular: 'noderepair',
  shortNames: ['nr'],
  scope: 'Cluster',
  description:
    "One incident of one node, from plan to proof. Written by heald's leader; read it, delete it to withdraw the repair, never edit it.",
  columns: [
    { name: 'Node', type: 'string', jsonPath: '.spec.nodeName' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Rung', type: 'string', jsonPath: '.status.rung' },
    { name: 'Attempt', type: 'integer', jsonPath: '.status.attempts[-1:].id' },
    { name: 'Reason', type: 'string', jsonPath: '.status.reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  spec: RepairSpec,
  status: RepairStatus,
  rules: RULES,
  about: 'nodeName',
  finalizer: REPAIR_FINALIZER,
  probe: REPAIR_PROBE,
} as const satisfies Definition<NodeRepairSpec, NodeRepairStatus>

// The core may not know zod, so its types stand in core/model. A field that only one of the two has does not compile.
type Plain<T> = Json extends T ? 'json' : T extends object ? { readonly [K in keyof T]: Plain<T[K]> } : T
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never
true satisfies Same<Plain<z.output<typeof RepairSpec>>, Plain<NodeRepairSpec>>
true satisfies Same<Plain<z.output<typeof RepairStatus>>, Plain<NodeRepairStatus>>

import { z } from 'zod'
import { QUORUM_GROUPS } from '../core/model/primitives.ts'
import { RUNGS } from '../core/model/rungs.ts'
import { VERDICTS } from '../core/model/view.ts'
import { RepairSpec, RepairStatus } from '../kube/crd/node-repair.ts'

/** A record of another version is not read: who wrote it can read it. */
export const RECORD_VERSION = 1

/** Monotonic milliseconds of the process that wrote; each `begin` starts another count. */
const at = z.number()
/** However long: a kubelet may report anything, and who reads gives up lines that are too long, not words. */
const text = z.string()
const name = text.min(1)
const optional = text.optional()

const RecordedFinding = z.object({
  status: z.enum(['pass', 'fail', 'unknown']),
  reason: text,
  message: optional,
  seenAt: at,
  plane: z.enum(['kubelet', 'lease', 'probe', 'cloud', 'alert', 'person']).optional(),
  symptom: optional,
})

const RecordedNode = z.object({
  name,
  uid: text,
  role: z.enum(['master', 'worker']),
  /** Absent: the role says it. */
  quorum: z.array(z.enum(QUORUM_GROUPS)).readonly().optional(),
  pool: text,
  zone: optional,
  createdAt: z.number().optional(),
  deleting: z.boolean(),
  unschedulable: z.boolean(),
  taints: z.array(z.object({ key: text, effect: text })),
  conditions: z.array(
    z.object({
      type: text,
      status: z.enum(['True', 'False', 'Unknown']),
      reason: optional,
      lastTransitionTime: optional,
      lastHeartbeatTime: optional,
    }),
  ),
  labels: z.record(text, text),
  annotations: z.record(text, text),
  inHands: optional,
  providerID: optional,
  systemUUID: optional,
  machineID: optional,
  bootID: optional,
  kernelVersion: optional,
  osImage: optional,
  kubeletVersion: optional,
})

const Ref = z.object({ id: text, name: text, group: optional })
const State = z.object({
  ref: Ref,
  power: z.enum(['running', 'off', 'paused', 'error', 'moving', 'unknown']),
  provenStopped: z.boolean(),
  task: optional,
  fault: optional,
  bootMark: optional,
})
const ERRORS = ['not-found', 'conflict', 'throttled', 'unauthorized', 'unavailable', 'invalid', 'unsupported'] as const
const RecordedInstance = z.object({
  located: z
    .union([
      z.object({ found: Ref }),
      z.object({ gone: z.literal(true), slot: z.boolean(), state: State.optional() }),
      z.object({ mismatch: text }),
      z.object({ ambiguous: text }),
    ])
    .optional(),
  state: State.optional(),
  plans: z.array(
    z.object({
      rung: z.enum(RUNGS),
      verdict: z.enum(['ok', 'skip', 'hold']),
      reason: text,
      message: optional,
      lockKey: text,
      batchKey: optional,
    }),
  ),
  seenAt: at,
  saidSince: at.optional(),
  sharedWith: optional,
  error: z.object({ kind: z.enum(ERRORS), message: text }).optional(),
})

const RecordedRepair = z.object({
  name,
  uid: text,
  createdAt: z.number(),
  deleting: z.boolean(),
  annotations: z.record(text, text),
  spec: RepairSpec,
  status: RepairStatus.optional(),
})

const Pause = z.object({ reason: text, until: z.number().optional() })
const RecordedSwitches = z.object({
  dryRun: z.boolean(),
  stopped: z.boolean(),
  paused: Pause.optional(),
  pools: z.record(text, Pause),
  nodes: z.record(text, Pause),
  cloud: z.object({ on: z.boolean(), reason: text }).optional(),
})

const Sight = z.object({
  blindSince: at.optional(),
  blindSource: optional,
  seeingSince: at,
  skewMs: z.number(),
  cloud: z.object({ downSince: at, reason: text, message: text }).optional(),
  repairsBehind: z.boolean(),
  ledger: z.object({ usable: z.boolean(), reason: text }),
  ownRenewalsFine: z.boolean(),
  takerPresent: z.boolean(),
  ownNode: optional,
  controlPlaneSeen: z.number(),
  etcdSeen: z.number().optional(),
  unreadable: z.record(text, text),
})

/** What heald said of a node: as a person would put it, and short enough to be written whenever it changes. */
const RecordedVerdict = z.object({
  kind: z.enum(VERDICTS),
  rung: z.enum([...RUNGS, 'human']).optional(),
  /** The first gate that said no, and why. */
  gate: optional,
  reason: optional,
})

/**
 * One line of a record. All lines but the first two tell a change: who reads a file from its beginning knows at each
 * `round` what the leader knew then.
 */
export const RecordLine = z.discriminatedUnion('is', [
  z.object({ is: z.literal('header'), format: z.literal('heald-record'), version: z.number(), calendar: z.number() }),
  /** A picture of everything follows, up to the next `policy`: what was told before is over. */
  z.object({ is: z.literal('begin'), at, calendar: z.number(), seeingSince: at }),
  z.object({ is: z.literal('node'), at, name, node: RecordedNode.nullable() }),
  /**
   * Named are suspects, and nodes whose lease does not beat as leases do, with when it was seen to change last;
   * `regular`: it beats again. `none`: there is no lease. `polled`: all were read at this moment.
   */
  z.object({
    is: z.literal('beats'),
    at,
    polled: z.boolean(),
    beats: z.record(text, z.union([at, z.enum(['regular', 'none'])])),
  }),
  /** A clock of a check that ran before this picture was made. */
  z.object({
    is: z.literal('clock'),
    at,
    node: name,
    role: z.enum(['master', 'worker']),
    check: name,
    failingSince: at.optional(),
    passingSince: at.optional(),
    /** When it went from pass to fail or back lately. */
    changes: z.array(at).optional(),
    finding: RecordedFinding,
  }),
  /** Of the checks that ask. What the others find is found again in the nodes and heartbeats. */
  z.object({ is: z.literal('finding'), at, node: name, check: name, finding: RecordedFinding }),
  /** What is known of a suspect beyond its checks; null: it is none any more. */
  z.object({
    is: z.literal('look'),
    at,
    node: name,
    look: z
      .object({
        probe: RecordedFinding.optional(),
        instance: RecordedInstance.optional(),
        localVolumes: z.array(text).optional(),
        cordonedSince: z.union([at, z.literal('always')]).optional(),
      })
      .nullable(),
  }),
  z.object({ is: z.literal('repair'), at, name, repair: RecordedRepair.nullable() }),
  z.object({ is: z.literal('policy'), at, hash: text, rules: z.unknown() }),
  z.object({ is: z.literal('sight'), at, sight: Sight }),
  z.object({ is: z.literal('switches'), at, switches: RecordedSwitches }),
  /** A round of the leader, with what it said that it had not said before; null: nothing any more. */
  z.object({ is: z.literal('round'), at, calendar: z.number(), verdicts: z.record(text, RecordedVerdict.nullable()) }),
])
export type RecordLine = z.output<typeof RecordLine>
export type LineOf<Is extends RecordLine['is']> = Extract<RecordLine, { is: Is }>
export type RecordedNode = z.output<typeof RecordedNode>
export type RecordedInstance = z.output<typeof RecordedInstance>
export type RecordedRepair = z.output<typeof RecordedRepair>
export type RecordedFinding = z.output<typeof RecordedFinding>
export type RecordedSwitches = z.output<typeof RecordedSwitches>
export type RecordedVerdict = z.output<typeof RecordedVerdict>
export type Look = NonNullable<LineOf<'look'>['look']>
export type Sight = z.output<typeof Sight>

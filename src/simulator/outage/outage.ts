import { z } from 'zod'
import { RUNGS } from '../../core/model/rungs.ts'
import { duration } from '../../lib/schema/duration.ts'
import { LIES } from '../fleet/cloud.ts'
import { TROUBLES } from '../fleet/trouble.ts'

const size = z.int().min(0).max(10_000)
const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
  error: 'expected lower-case letters, digits and -',
})

const Cluster = z
  .strictObject({
    masters: size.prefault(3).describe('Called m0, m1, ...'),
    etcd: size.optional().describe('Nodes that are etcd only, called e0, e1, ...'),
    workers: size.optional().describe('Of one pool without a name, called w0, w1, ...'),
    pools: z
      .array(z.strictObject({ name: name.describe('Its nodes carry it as their pool label.'), workers: size }))
      .max(1_000)
      .optional()
      .describe('Instead of `workers`. The workers of the second pool go on counting where the first ends.'),
    zones: z.int().min(1).max(26).prefault(1).describe('Called a, b, c, ...: each machine stands in the next one.'),
    racks: z.int().min(1).max(1_000).prefault(1).describe('Of workers, numbered from 1: neighbours share one.'),
    zoneLabels: z.boolean().prefault(true).describe('Whether the nodes carry a label that names their zone.'),
  })
  .refine(({ workers, pools }) => (workers === undefined) !== (pools === undefined), {
    error: 'needs either workers or pools',
  })
export type Cluster = z.output<typeof Cluster>

const Selection = z.union([
  z.array(name).min(1),
  z.strictObject({
    role: z.enum(['master', 'worker']).optional(),
    pool: name.optional(),
    zone: z.string().optional().describe('Where they stand, labelled or not.'),
    rack: z.int().min(1).optional(),
    first: z.int().min(1).optional().describe('So many of them at most, in the order of their names.'),
    percent: z.number().min(0).max(100).optional().describe('This share of them, rounded down.'),
  }),
])
/** Some of the machines: their names, or what they have in common. All conditions hold together; none = every machine. */
export type Selection = z.output<typeof Selection>

const at = duration().describe('When it begins.')
const timed = {
  at,
  for: duration({ min: '1s' }).optional().describe('How long it lasts; default: to the end.'),
  flaps: z
    .strictObject({ down: duration({ min: '1s' }), up: duration({ min: '1s' }) })
    .optional()
    .describe('It comes and goes while it lasts: there for `down`, away for `up`.'),
}
const nodes = Selection.describe('Which machines.')
const every = duration().prefault('0').describe('Each machine so much later than the one before it; 0 = all at once.')

const Network = z.strictObject({
  what: z.literal('network').describe('Their network is cut; what runs on them lives on.'),
  ...timed,
  nodes,
  every,
  direction: z
    .enum(['both', 'in', 'out'])
    .prefault('both')
    .describe('`out`: heartbeats are lost and ports answer; `in`: heartbeats arrive and ports do not answer.'),
  loss: z.number().min(0).max(1).prefault(1).describe('Share of heartbeats and handshakes that is lost.'),
  cure: z
    .enum([...RUNGS, 'none'])
    .optional()
    .describe('The weakest rung that ends it; default: none.'),
})

const MachineFault = z.strictObject({
  what: z
    .enum(TROUBLES)
    .exclude(['network'])
    .describe(
      'runtime, disk: the kubelet reports NotReady. certificate: it runs and the API server refuses it. kubelet, image: ' +
        'it does not run. power: the machine is off, and the cloud says so.',
    ),
  ...timed,
  nodes,
  every,
  cure: z
    .enum([...RUNGS, 'none'])
    .optional()
    .describe(
      'The weakest rung that ends it; none: a new machine has it too. Default: reboot-soft for runtime and kubelet, ' +
        'replace for certificate, start for power, none for image and disk.',
    ),
})

const Cut = z.strictObject({
  what: z
    .enum(['api', 'heald-api', 'heald-nodes', 'cloud', 'cloud-stale'])
    .describe(
      'api: the API server is away. heald-api, heald-nodes, cloud: heald does not reach it. cloud-stale: the cloud goes ' +
        'on saying what was so when this began.',
    ),
  ...timed,
})

const Skew = z.strictObject({
  what: z.literal('clock').describe("The clock of heald's machine is wrong."),
  ...timed,
  ahead: duration().describe("By so much ahead of the API server's."),
})

const Slow = z.strictObject({
  what: z.literal('cloud-slow'),
  ...timed,
  answersAfter: duration().describe('How long the cloud takes for each answer.'),
})

const Lying = z.strictObject({
  what: z.literal('cloud-lies'),
  ...timed,
  nodes,
  says: z.enum(LIES).describe('What it says of them; gone: and that their group still lists a slot.'),
})

const OtherAct = z.strictObject({
  what: z
    .enum(['cordon', 'uncordon', 'autoscaler', 'reboot'])
    .describe('Somebody else does this. autoscaler: its taint that it is deleting the node.'),
  at,
  nodes,
  every,
})

const Event = z.discriminatedUnion('what', [Network, MachineFault, Cut, Skew, Slow, Lying, OtherAct])

export type MachineFault = z.output<typeof Network> | z.output<typeof MachineFault>
export type WorldFault = z.output<typeof Cut> | z.output<typeof Skew> | z.output<typeof Slow> | z.output<typeof Lying>
export type OtherAct = z.output<typeof OtherAct>
export type OutageEvent = z.output<typeof Event>

/** A cluster, and what happens to it. All times are milliseconds; a file says `10m`. */
export const Outage = z.strictObject({
  title: z.string().min(1).max(200).describe('What happens, in one sentence.'),
  about: z.string().optional().describe('What it shows, and what is right.'),
  cluster: Cluster.describe('The machines.'),
  lasts: duration({ min: '1m' }).describe('How long it is played.'),
  events: z.array(Event).max(10_000).describe('What happens, in any order.'),
})
export type Outage = z.output<typeof Outage>

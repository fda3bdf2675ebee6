import { z } from 'zod'
import { MASTER_LABELS, QUORUM_LABELS } from '../../core/model/node.ts'
import { duration } from '../../lib/schema/duration.ts'
import { checksSchema } from './checks-schema.ts'
import { port } from './fields.ts'
import { gatesSchema } from './gates-schema.ts'
import { ladderSchema } from './ladder-schema.ts'
import { otherActorsSchema } from './other-actors-schema.ts'

/** What plugins, clouds and sections bring along: their own options, by plugin type, by provider name, by key at the top. */
export interface OptionSchemas {
  readonly plugins: ReadonlyMap<string, z.ZodType>
  readonly providers: Readonly<Record<string, z.ZodType>>
  /** Each accepts `undefined`, or has a default. */
  readonly sections?: Readonly<Record<string, z.ZodType>>
}

/** The lock of magnum-auto-healer: held beside heald's own, both healers can never act at once. */
export const MAGNUM_LOCK = 'kube-system/magnum-auto-healer'

const labelKey = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/, {
    error: 'expected a label key such as topology.kubernetes.io/zone',
  })
const labelRule = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?(=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?)?$/,
    { error: 'expected a label such as type=virtual-kubelet, or its key alone' },
  )
const objectName = z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, {
  error: 'expected the name of a Kubernetes object: lower-case letters, digits, - and .',
})
const lockName = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, {
  error: 'expected NAMESPACE/NAME, for example kube-system/magnum-auto-healer',
})

function leaderElection(compat: boolean) {
  return z
    .strictObject({
      namespace: objectName.prefault('kube-system').describe("Namespace of heald's own Lease."),
      name: objectName.prefault('heald').describe("Name of heald's own Lease."),
      additionalLocks: z
        .array(lockName)
        .max(10)
        .prefault(compat ? [MAGNUM_LOCK] : [])
        .describe(
          "Leases, as NAMESPACE/NAME, held in addition to heald's own, so that their owners stand still. While somebody renews client-go's older lock, an annotation on the ConfigMap or the Endpoints of that name, heald does not lead.",
        ),
      leaseDuration: duration({ min: '3s', max: '10m' })
        .prefault('15s')
        .describe('How long the others wait after the last renewal before they take over.'),
      renewDeadline: duration({ min: '2s', max: '10m' })
        .prefault('10s')
        .describe('How long the leader tries to renew before it stands down. Less than `leaseDuration`.'),
      retryPeriod: duration({ min: '500ms', max: '5m' })
        .prefault('2s')
        .describe('Pause between two tries. At most half of `renewDeadline`.'),
    })
    .superRefine((lease, context) => {
      const refuse = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: [key], message, input: undefined })
      if (lease.renewDeadline >= lease.leaseDuration) refuse('renewDeadline', 'must be less than leaseDuration')
      // A leader has at least two tries before it stands down.
      if (lease.retryPeriod * 2 > lease.renewDeadline) refuse('retryPeriod', 'must be at most half of renewDeadline')
    })
    .prefault({})
    .describe('How the replicas agree on one that acts.')
}

/** The settings that heald itself has, whatever the cloud. `compat`: with the defaults of a magnum-auto-healer file. */
function ownSettings({ plugins, providers }: OptionSchemas, compat: boolean) {
  const clouds: [string, ...string[]] = ['none', ...Object.keys(providers)]
  return {
    compatibility: z
      .enum(['magnum-auto-healer', 'none'])
      .optional()
      .describe(
        'Whose defaults apply. Without this key a file with a top-level key of magnum-auto-healer in kebab-case gets the ' +
          'defaults of magnum-auto-healer, and a warning if keys of heald stand beside it. `heald check` says what that means.',
      ),
    clusterName: z.string().max(253).optional().describe('The cluster, by the name or id that its cloud knows.'),
    dryRun: z.boolean().prefault(false).describe('Whether heald only says what it would do.'),
    cloudProvider: z
      .enum(clouds)
      .prefault(compat ? 'openstack' : 'none')
      .describe(
        'Who repairs the machines; none only observes. Its options stand under a key of the same name; the only such block in ' +
          'the file is enough.',
      ),
    monitorInterval: duration({ min: '1s', max: '1h' })
      .prefault('60s')
      .describe('Pause between two rounds of the checks that ask. What is watched acts at once.'),
    masterMonitorEnabled: z.boolean().prefault(true).describe('Whether control-plane nodes are healed.'),
    workerMonitorEnabled: z.boolean().prefault(true).describe('Whether workers are healed.'),
    checkDelayAfterAdd: duration().prefault('10m').describe('Nodes younger than this are left alone.'),
    nodeStartupTimeout: duration()
      .prefault('20m')
      .describe(
        'How long a machine of the cluster may be without a Node before `heald status` says so; 0s: none is looked for.',
      ),
    rebuildDelayAfterReboot: duration().prefault('5m').describe('No replacement earlier than this after a reboot.'),
    kubernetes: z
      .strictObject({
        apiHost: z
          .url({ protocol: /^https?$/, error: 'expected a URL such as https://10.0.0.1:6443' })
          .optional()
          .describe(
            "Address of the API server; default: the kubeconfig's, else the own host's 6443, else the Service.",
          ),
        kubeconfig: z
          .string()
          .min(1)
          .optional()
          .describe(
            "Path of a kubeconfig file; default: the pod's own account. From a ConfigMap its credential plugin is taken by the rule of `--allow-exec`.",
          ),
      })
      .prefault({})
      .describe('The way to the API server.'),
    healthcheck: z
      .strictObject({
        master: checksSchema('master', plugins, compat),
        worker: checksSchema('worker', plugins, compat),
      })
      .prefault({})
      .describe('What makes a node unhealthy, per role.'),
    leaderElect: z
      .boolean()
      .prefault(true)
      .describe('Kept for magnum-auto-healer; heald always holds its Lease, which its fence hangs on.'),
    leaderElection: leaderElection(compat),
    poolLabels: z
      .array(labelKey)
      .max(20)
      .prefault([
        'heald.dev/pool',
        'magnum.openstack.org/nodegroup',
        'node.cluster.x-k8s.io/nodegroup',
        'capi.stackhpc.com/node-group',
      ])
      .describe("Labels that name a node's pool; the first one that a node carries counts, else its role is its pool."),
    zoneLabel: labelKey.prefault('topology.kubernetes.io/zone').describe("The label that names a node's zone."),
    masterLabels: z
      .array(labelKey)
      .min(1)
      .max(20)
      .prefault([...MASTER_LABELS])
      .describe(
        'Labels that make a node a master, whatever their value: its checks and its ladder are those of masters.',
      ),
    quorumLabels: z
      .array(labelKey)
      .min(1)
      .max(20)
      .prefault([...QUORUM_LABELS])
      .describe(
        'Labels of nodes of which a majority must stay healthy, and of which one at a time is repaired. Those that are ' +
          'also in `masterLabels` name the control plane, the others etcd: each keeps a majority of its own.',
      ),
    notOursLabels: z
      .array(labelRule)
      .max(20)
      .prefault(['type=virtual-kubelet', 'liqo.io/type=virtual-node'])
      .describe(
        'Labels, as KEY or KEY=VALUE, of nodes that heald can never repair: never acted on, and counted nowhere.',
      ),
    otherActors: otherActorsSchema,
    actOnCordoned: z
      .boolean()
      .prefault(compat)
      .describe('Whether nodes that somebody else cordoned before they failed are repaired.'),
    controlPlaneSize: z
      .int()
      .min(1)
      .max(99)
      .optional()
      .describe('Number of control-plane nodes for the quorum; default: the highest number seen in 7 days.'),
    etcdSize: z
      .int()
      .min(1)
      .max(99)
      .optional()
      .describe('Number of nodes with a label of etcd for the quorum; default: the highest number seen in 7 days.'),
    gates: gatesSchema,
    ladder: z
      .strictObject({ master: ladderSchema('master', compat), worker: ladderSchema('worker', compat) })
      .prefault({})
      .describe('What is tried, per role.'),
    http: z
      .strictObject({
        host: z.string().min(1).prefault('127.0.0.1').describe('Address of all pages, for this machine only.'),
        port: port.prefault(9470).describe('Port of all pages; the kubelet asks for /livez and /readyz here.'),
        metricsHost: z
          .string()
          .min(1)
          .prefault('127.0.0.1')
          .describe('Address of /metrics, /livez and /readyz; 0.0.0.0 lets a Prometheus elsewhere scrape heald.'),
        metricsPort: port.prefault(9471).describe('Port of /metrics, /livez and /readyz.'),
      })
      .prefault({})
      .describe('What heald serves.'),
    log: z
      .strictObject({
        level: z.enum(['debug', 'info', 'warn', 'error']).prefault('info').describe('The least important level told.'),
      })
      .prefault({})
      .describe('What heald logs.'),
  }
}

/** The blocks of options that a configuration may have. That of `openstack` always: files of magnum-auto-healer have it. */
export function cloudSchemas(providers: OptionSchemas['providers']): Readonly<Record<string, z.ZodType>> {
  const { none: _none, ...clouds } = providers
  return { openstack: z.record(z.string(), z.unknown()), ...clouds }
}

/** The whole configuration: the one source of defaults, types, schema/config.schema.json and docs/configuration.md. */
export function configSchema({ plugins, providers, sections = {} }: OptionSchemas, compat: boolean) {
  const clouds = cloudSchemas(providers)
  const blocks = Object.entries(clouds).map(([name, schema]) => [
    name,
    schema.optional().describe(`Options of \`cloudProvider: ${name}\`.`),
  ])
  // Typed without the blocks: their types are known to the clouds and sections alone.
  return z.strictObject({
    ...(sections as object),
    ...ownSettings({ plugins, providers: clouds }, compat),
    ...(Object.fromEntries(blocks) as object),
  })
}

export type Settings = z.output<z.ZodObject<ReturnType<typeof ownSettings>>>

/** A configuration as the program uses it: durations in milliseconds, every default filled in. */
export interface Config extends Omit<Settings, 'healthcheck' | 'compatibility'> {
  /** True: a magnum-auto-healer file, or one that asked for its defaults. */
  readonly compat: boolean
  readonly healthcheck: { readonly master: readonly Check[]; readonly worker: readonly Check[] }
  /**
   * By provider name, the chosen one's always there. Under canonical keys and known to fit the provider's schema, but
   * not yet parsed by it: providers do that themselves.
   */
  readonly providerOptions: Readonly<Record<string, unknown>>
  /** By key, as parsed by the schema that the section has brought. */
  readonly sections: Readonly<Record<string, unknown>>
}

export interface Check {
  readonly type: string
  /** Unique within the role. */
  readonly name: string
  /** As parsed by the plugin's schema. */
  readonly params: Readonly<Record<string, unknown>>
}

import { z } from 'zod'

// Only the fields that we use. Each service returns many more.

export const Server = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  'OS-EXT-STS:task_state': z.string().nullish(),
  'OS-EXT-STS:power_state': z.number().nullish(),
  'os-extended-volumes:volumes_attached': z.array(z.object({ id: z.string() })).prefault([]),
  /** Empty text: it boots from a volume. */
  image: z.union([z.string(), z.object({ id: z.string() })]).nullish(),
  flavor: z.object({ vcpus: z.number().optional(), ram: z.number().optional() }).prefault({}),
  addresses: z.record(z.string(), z.array(z.object({ addr: z.string() }))).prefault({}),
  updated: z.string().optional(),
  created: z.string().optional(),
  locked: z.boolean().optional(),
  fault: z.object({ message: z.string() }).optional(),
})
export type Server = z.output<typeof Server>

export const ServerAnswer = z.object({ server: Server })
/** With links to a next page, the list is not whole. */
export const ServersAnswer = z.object({ servers: z.array(Server), servers_links: z.array(z.unknown()).optional() })
export const ActionsAnswer = z.object({
  instanceActions: z.array(z.object({ action: z.string(), request_id: z.string() })),
})
export const AttachmentsAnswer = z.object({
  volumeAttachments: z.array(z.object({ volumeId: z.string(), device: z.string().nullish() })),
})
export type Attachment = z.output<typeof AttachmentsAnswer>['volumeAttachments'][number]
export const ConsoleAnswer = z.object({ output: z.string() })
const limit = z.number().optional()
export const LimitsAnswer = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalInstances: limit,
      totalInstancesUsed: limit,
      maxTotalCores: limit,
      totalCoresUsed: limit,
      maxTotalRAMSize: limit,
      totalRAMUsed: limit,
    }),
  }),
})
export type Limits = z.output<typeof LimitsAnswer>['limits']['absolute']

export const Cluster = z.object({
  uuid: z.string(),
  name: z.string().nullish(),
  status: z.string().nullish(),
  status_reason: z.string().nullish(),
  /** Up to microversion 1.12; then `cluster_id` says the same. */
  stack_id: z.string().nullish(),
  cluster_id: z.string().nullish(),
  labels: z.record(z.string(), z.unknown()).nullish(),
  health_status: z.string().nullish(),
  faults: z.record(z.string(), z.unknown()).nullish(),
  user_id: z.string().nullish(),
  updated_at: z.string().nullish(),
})
export type Cluster = z.output<typeof Cluster>

export const NodeGroup = z.object({
  uuid: z.string(),
  name: z.string(),
  role: z.string().nullish(),
  node_count: z.number(),
  status: z.string().nullish(),
  stack_id: z.string().nullish(),
  is_default: z.boolean().nullish(),
  min_node_count: z.number().nullish(),
  max_node_count: z.number().nullish(),
  node_addresses: z.array(z.string()).nullish(),
})
export type NodeGroup = z.output<typeof NodeGroup>
export const NodeGroupsAnswer = z.object({ nodegroups: z.array(NodeGroup) })

export const StackAnswer = z.object({
  stack: z.object({
    id: z.string(),
    stack_name: z.string(),
    stack_status: z.string(),
    stack_status_reason: z.string().nullish(),
    updated_time: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
})
export type Stack = z.output<typeof StackAnswer>['stack']

export const Resource = z.object({
  resource_name: z.string(),
  physical_resource_id: z.string().nullish(),
  resource_status: z.string(),
  resource_status_reason: z.string().nullish(),
  resource_type: z.string(),
  parent_resource: z.string().nullish(),
  links: z.array(z.object({ href: z.string(), rel: z.string() })).prefault([]),
})
export type Resource = z.output<typeof Resource>
export const ResourcesAnswer = z.object({ resources: z.array(Resource) })

export const VolumeAnswer = z.object({
  volume: z.object({
    id: z.string(),
    status: z.string(),
    /** A text, not a boolean. */
    bootable: z.string().optional(),
    attachments: z.array(z.object({ server_id: z.string() })).prefault([]),
  }),
})
export type Volume = z.output<typeof VolumeAnswer>['volume']

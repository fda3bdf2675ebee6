import type { Limits, NodeGroup, Server } from '../schema/answers.ts'
import { acceptsWork, stackIdOf } from '../services/magnum.ts'
import type { ReplacePlan } from './server.ts'
import { etcdVolume, findMember, isBusy, type Member, membersOf, othersFailing } from './stack-tree.ts'
import type { Survey } from './survey.ts'
import { TRUE } from './switch.ts'

/** What is looked at before a machine of a group may be replaced. */
export interface Grounds {
  readonly survey: Survey
  /** Undefined when Nova has forgotten it. */
  readonly servers: readonly (Server | undefined)[]
  readonly ids: readonly string[]
  readonly limits: Limits
  /** Other masters; of workers none are asked. */
  readonly peers: readonly (Server | undefined)[]
  readonly replaceMastersWithoutEtcdVolume: boolean
  readonly replaceClusterApiWorkers: boolean
  /** A server boots from a volume that cannot be told from its data. */
  readonly rootUnknown: boolean
  /** What Cinder says against the volume of a master's etcd. */
  readonly etcdTrouble: string | undefined
}

export interface Refusal {
  readonly verdict: 'skip' | 'hold'
  readonly reason: string
  readonly message: string
}

/** Undefined: nothing speaks against it. Pure. */
export function refuseReplace(grounds: Grounds): Refusal | undefined {
  const { survey, ids } = grounds
  const { cluster, capi, group, stack, resources } = survey
  if (capi) return refuseCapi(grounds)
  if (!acceptsWork(cluster.status)) return hold('ClusterNotReady', `the cluster is ${cluster.status ?? 'in no state'}`)
  if (group === undefined) return hold('NodeGroupUnknown', 'neither label, stack nor addresses name its node group')
  if (stack === undefined)
    return hold('OrchestrationMissing', "the cluster's stack cannot be seen: is Heat in the catalog?")
  const own = ids.map((id) => findMember(resources, id))
  const members = own.filter((member) => member !== undefined)
  if (members.length < ids.length)
    return hold('NodeGroupUnknown', `the stack of ${group.name} does not list the server`)
  if (members.some((member) => isMaster(member) !== (group.role === 'master'))) {
    return hold('NodeGroupUnknown', `${group.name} is for ${group.role ?? 'no role'}s, and the stack says otherwise`)
  }
  if (isBusy(stack.stack_status)) return hold('StackInProgress', `the stack is ${stack.stack_status}`)
  const others = othersFailing(resources, members)
  if (others.length > 0) {
    const list = others
      .slice(0, 5)
      .map((one) => `${one.parent_resource ?? ''}/${one.resource_name} ${one.resource_status}`)
    return hold('StackHasOtherFailures', `an update of the stack would replace these too: ${list.join(', ')}`)
  }
  if (grounds.rootUnknown) return hold('RootVolumeUnknown', 'it boots from a volume that cannot be told from its data')
  return group.role === 'master'
    ? refuseMaster(grounds, members)
    : (refuseCount(grounds, group) ?? refuseQuota(grounds))
}

/** The replaces of one cluster exclude each other; workers of one group go together. */
export function replacePlan(refusal: Refusal | undefined, lockKey: string, group: NodeGroup | undefined): ReplacePlan {
  const keys = {
    lockKey,
    ...(group === undefined || group.role === 'master' ? {} : { batchKey: `group/${group.uuid}` }),
  }
  if (refusal === undefined) return { verdict: 'ok', reason: '', ...keys }
  return { ...refusal, ...keys }
}

export function isMaster(member: Member): boolean {
  return member.group === 'kube_masters'
}

export function peersOf(survey: Survey, ids: readonly string[]): readonly Member[] {
  return membersOf(survey.resources).filter(
    (member) => isMaster(member) && !ids.includes(member.server.physical_resource_id ?? ''),
  )
}

/** `kube-` and five signs is what magnum-cluster-api calls a cluster; magnum-capi-helm takes the cluster's own name. */
const NAMES_MACHINES = /^kube-[a-z0-9]{5}$/
const NO = /^(0|f|false|n|no|off)$/i

function refuseCapi(grounds: Grounds): Refusal | undefined {
  const { cluster, group } = grounds.survey
  const left = (why: string): Refusal => skip('LeftToMachineHealthCheck', `the cluster is Cluster API's: ${why}`)
  if (!grounds.replaceClusterApiWorkers) return left('its MachineHealthCheck replaces machines')
  if (!NO.test(String(cluster.labels?.auto_healing_enabled ?? ''))) {
    return left('its MachineHealthCheck is on, since the label auto_healing_enabled is not false')
  }
  if (!NAMES_MACHINES.test(stackIdOf(cluster) ?? '')) return left('its driver ignores which machine is to go')
  if (!acceptsWork(cluster.status)) return hold('ClusterNotReady', `the cluster is ${cluster.status ?? 'in no state'}`)
  if (group === undefined) return hold('NodeGroupUnknown', 'no label names its node group')
  if (group.role === 'master') return left('a master can only be replaced by its control plane')
  if (TRUE.test(String(cluster.labels?.auto_scaling_enabled ?? ''))) {
    return hold('AutoscalerOwnsCount', 'the label auto_scaling_enabled makes a resize of no effect')
  }
  const [count, more, max] = [group.node_count, grounds.servers.length, group.max_node_count]
  if (count + more > (max ?? Number.POSITIVE_INFINITY)) {
    return hold(
      'CountOutOfBounds',
      `${group.name} has ${count} nodes of at most ${max}; a replacement needs ${more} more for a while`,
    )
  }
  return refuseQuota(grounds)
}

function refuseMaster(grounds: Grounds, members: readonly Member[]): Refusal | undefined {
  const total = grounds.peers.length + members.length
  const running = grounds.peers.filter((peer) => peer?.status === 'ACTIVE').length
  const needed = Math.floor(total / 2) + 1
  if (members.length > 1) return hold('OneMasterAtATime', 'masters are replaced one by one')
  if (running < needed) {
    return hold('MastersNotRunning', `${running} of ${total} masters would be left running; etcd needs ${needed}`)
  }
  if (!grounds.replaceMastersWithoutEtcdVolume && members.some((member) => etcdVolume(member) === undefined)) {
    const message = 'its etcd data is on the machine itself; replaceMastersWithoutEtcdVolume: true allows it'
    return hold('EtcdDataWouldBeLost', message)
  }
  if (grounds.etcdTrouble !== undefined) return hold('EtcdVolumeUnusable', `volume ${grounds.etcdTrouble}`)
  return refuseQuota(grounds)
}

function refuseCount({ survey }: Grounds, group: NodeGroup): Refusal | undefined {
  const { node_count: count, min_node_count: min, max_node_count: max } = group
  if (count < (min ?? 0) || count > (max ?? Number.POSITIVE_INFINITY)) {
    return hold(
      'CountOutOfBounds',
      `${group.name} has ${count} nodes, outside ${min ?? 0} to ${max ?? 'any'}: Magnum refuses a resize`,
    )
  }
  const members = membersOf(survey.resources).filter((member) => !isMaster(member)).length
  if (members === count) return undefined
  // A resize to Magnum's count would add nodes, or take healthy ones away.
  return hold('CountDiffers', `Magnum counts ${count} nodes in ${group.name}, the stack ${members}`)
}

/** Heat may make the new server before it deletes the old one. */
function refuseQuota({ limits, servers }: Grounds): Refusal | undefined {
  const sum = (of: (server: Server) => number | undefined): number =>
    servers.reduce((total, server) => total + (server === undefined ? 0 : (of(server) ?? 0)), 0)
  const checks = [
    ['instances', servers.length, limits.totalInstancesUsed, limits.maxTotalInstances],
    ['cores', sum(({ flavor }) => flavor.vcpus), limits.totalCoresUsed, limits.maxTotalCores],
    ['RAM (MiB)', sum(({ flavor }) => flavor.ram), limits.totalRAMUsed, limits.maxTotalRAMSize],
  ] as const
  for (const [what, more, used, max] of checks) {
    if (used === undefined || max === undefined || max < 0 || used + more <= max) continue
    return hold('QuotaExhausted', `${what}: ${used} of ${max} used, ${more} more needed while old and new overlap`)
  }
  return undefined
}

function hold(reason: string, message: string): Refusal {
  return { verdict: 'hold', reason, message }
}

function skip(reason: string, message: string): Refusal {
  return { verdict: 'skip', reason, message }
}

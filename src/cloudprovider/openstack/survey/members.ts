import type { Member, Members } from '../../../core/model/instance.ts'
import type { Role } from '../../../core/model/primitives.ts'
import type { NodeGroup, Server } from '../schema/answers.ts'
import { acceptsWork, isCapi, stackIdOf } from '../services/magnum.ts'
import { addressesOf, hostName, powerOf } from './server.ts'
import { isBusy, membersOf } from './stack-tree.ts'
import type { Tools } from './survey.ts'

/**
 * The machines that Heat counts for the cluster, as Nova has them. Magnum is asked twice, and for each stack Heat and Nova
 * once each: two requests per group, since the groups that came with the cluster share a stack. A server that Nova's list
 * lacks is asked for by itself.
 */
export async function listMembers({ nova, magnum, heat }: Tools, signal: AbortSignal): Promise<Members> {
  const [cluster, groups] = await Promise.all([magnum.cluster(signal), magnum.groups(signal)])
  if (isCapi(cluster)) return { unsure: 'the machines of Cluster API are not listed' }
  const moving = [cluster, ...groups].find(({ status }) => status != null && !acceptsWork(status))
  if (moving !== undefined) return { unsure: `${moving.name ?? 'the cluster'} is ${moving.status}` }
  if (!(await heat.available(signal))) return { unsure: 'Heat is not in the catalog' }
  const byStack = new Map<string | undefined, NodeGroup[]>()
  for (const group of groups) {
    const id = group.stack_id ?? stackIdOf(cluster)
    byStack.set(id, [...(byStack.get(id) ?? []), group])
  }
  const found: Member[] = []
  for (const [id, sharing] of byStack) {
    const stack = id === undefined ? undefined : await heat.ref(id, signal)
    if (stack === undefined) return { unsure: 'a group has no stack' }
    const [resources, servers] = await Promise.all([heat.resources(stack, signal), nova.named(stack.name, signal)])
    const busy = resources.find(({ resource_status }) => isBusy(resource_status))
    if (busy !== undefined) return { unsure: `Heat is at work on ${busy.resource_name}` }
    const known = new Map(servers.map((server) => [server.id, server]))
    for (const group of sharing) {
      const role: Role = group.role === 'master' ? 'master' : 'worker'
      const members = membersOf(resources).filter((one) => (one.group === 'kube_masters') === (role === 'master'))
      if (members.length !== group.node_count) {
        return { unsure: `${group.name} has ${group.node_count} nodes at Magnum and ${members.length} at Heat` }
      }
      for (const { index, server } of members) {
        const serverId = server.physical_resource_id ?? ''
        if (serverId === '') return { unsure: `member ${index} of ${group.name} has no server yet` }
        const own = known.get(serverId) ?? (await nova.server(serverId, signal))
        const name = own?.name ?? `${stack.name}-${role === 'master' ? 'master' : 'node'}-${index}`
        found.push(memberOf(serverId, name, own, role, group))
      }
    }
  }
  return { members: found }
}

function memberOf(id: string, name: string, server: Server | undefined, role: Role, group: NodeGroup): Member {
  return {
    ref: { id, name, group: group.name },
    role,
    power: server === undefined ? 'gone' : powerOf(server),
    nodeName: hostName(name) || name,
    addresses: server === undefined ? [] : addressesOf(server),
  }
}

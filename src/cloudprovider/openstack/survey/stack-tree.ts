import type { Resource } from '../schema/answers.ts'
import { type StackRef, stackOf } from '../services/heat.ts'
import { isUuid } from '../services/magnum.ts'

const SERVER = 'OS::Nova::Server'

/** One machine of a stack: its own nested stack with server, volumes and ports. */
export interface Member {
  /** Its name in the group: what Heat also takes for it where an id is asked for. */
  readonly index: number
  /** `kube_masters` or `kube_minions`. */
  readonly group: string
  readonly stack: StackRef
  readonly server: Resource
  /** Everything of that nested stack, the server included. */
  readonly resources: readonly Resource[]
}

/** A nested list of a stack's resources, as machines. */
export function membersOf(resources: readonly Resource[]): readonly Member[] {
  const byOwner = groupByOwner(resources)
  const holders = new Map(resources.map((resource) => [nestedOf(resource) ?? '', resource]))
  return resources.flatMap((server) => {
    const owner = ownerOf(server)
    const stack = stackOf(linkOf(server, 'stack'))
    const holder = holders.get(owner)
    const index = Number(holder?.resource_name)
    if (server.resource_type !== SERVER || stack === undefined || !Number.isInteger(index)) return []
    return [{ index, group: holder?.parent_resource ?? '', stack, server, resources: byOwner.get(owner) ?? [] }]
  })
}

export function findMember(resources: readonly Resource[], serverId: string): Member | undefined {
  return membersOf(resources).find(({ server }) => server.physical_resource_id === serverId)
}

/**
 * Resources beside these machines that an update of the stack would replace, too: whatever has failed, and whatever
 * somebody has marked. Groups and nested stacks that failed are only updated, unless they are marked themselves.
 */
export function othersFailing(resources: readonly Resource[], own: readonly Member[]): readonly Resource[] {
  const stacks = new Set(own.map(({ stack }) => stack.id))
  return resources.filter((resource) => {
    if (!/_FAILED$/.test(resource.resource_status)) return false
    const nested = nestedOf(resource)
    if (nested !== undefined && resource.resource_status !== 'CHECK_FAILED') return false
    return !stacks.has(ownerOf(resource)) && !(nested !== undefined && stacks.has(nested))
  })
}

export function isBusy(status: string | null | undefined): boolean {
  return /_IN_PROGRESS$/.test(status ?? '')
}

export function isFailed(status: string | null | undefined): boolean {
  return /_FAILED$/.test(status ?? '')
}

/** Id of the volume that outlives the machine. A disabled resource has a made-up name where a real one has a uuid. */
export function etcdVolume(member: Member): string | undefined {
  const found = member.resources.find(
    ({ resource_name, physical_resource_id }) =>
      /^etcd[-_]volume$/.test(resource_name) && isUuid(physical_resource_id ?? ''),
  )
  return found?.physical_resource_id ?? undefined
}

export function volumeResource(member: Member, volumeId: string): Resource | undefined {
  return member.resources.find(({ physical_resource_id }) => physical_resource_id === volumeId)
}

/** What the ids of a resize became: a parameter of the stack, a list as text. */
export function removedBy(parameters: Readonly<Record<string, unknown>> | null | undefined): ReadonlySet<string> {
  const value = parameters?.minions_to_remove
  const words = Array.isArray(value) ? value.map(String) : String(value ?? '').split(/[\s,[\]"']+/)
  return new Set(words.filter((word) => word !== ''))
}

/** Id of the stack that a resource stands in. */
function ownerOf(resource: Resource): string {
  return stackOf(linkOf(resource, 'stack'))?.id ?? ''
}

function nestedOf(resource: Resource): string | undefined {
  return stackOf(linkOf(resource, 'nested'))?.id
}

function linkOf(resource: Resource, rel: string): string {
  return resource.links.find((link) => link.rel === rel)?.href ?? ''
}

function groupByOwner(resources: readonly Resource[]): Map<string, Resource[]> {
  const groups = new Map<string, Resource[]>()
  for (const resource of resources) {
    const owner = ownerOf(resource)
    const group = groups.get(owner)
    if (group === undefined) groups.set(owner, [resource])
    else group.push(resource)
  }
  return groups
}

import type { Located } from '../../../core/model/instance.ts'
import type { NodeFacts } from '../../../core/model/node.ts'
import type { Server } from '../schema/answers.ts'
import { isUuid } from '../services/magnum.ts'
import { stateOfGone } from './inspect.ts'
import { addressesOf, belongs, refOf } from './server.ts'
import { findMember } from './stack-tree.ts'
import type { Surveyor, Tools } from './survey.ts'

const PROVIDER_ID = /^(?:openstack:\/\/([^/]*))?\/+([^/]+)$/
/** Magnum's Heat driver, vexxhost's Cluster API driver, StackHPC's. */
const GROUP_LABELS = [
  'magnum.openstack.org/nodegroup',
  'node.cluster.x-k8s.io/nodegroup',
  'capi.stackhpc.com/node-group',
]

/** Which server a Node is: providerID, else the kubelet's own uuids; then proven by name or address. */
export async function locateServer(
  tools: Tools,
  surveyor: Surveyor,
  node: NodeFacts,
  signal: AbortSignal,
): Promise<Located> {
  const { nova } = tools
  const named = await idFromProvider(node, () => nova.region(signal))
  if (typeof named === 'object' && 'mismatch' in named) return named
  const candidates = candidatesOf(named, node)
  if (candidates.length === 0)
    return { ambiguous: `${node.name} has no providerID, systemUUID or machineID that is a server's id` }
  const servers = await Promise.all(candidates.map((id) => nova.server(id, signal)))
  const found = servers.filter((server) => server !== undefined)
  const [server, other] = found
  if (server === undefined) return goneOf(tools, surveyor, node, candidates, signal)
  if (other !== undefined) return { ambiguous: `${node.name} names two servers: ${server.id} and ${other.id}` }
  if (!belongs(server, node)) {
    const addresses = addressesOf(server).join(', ') || 'none'
    return { mismatch: `server ${server.id} is ${server.name} with addresses ${addresses}, not ${node.name}` }
  }
  return { found: refOf(server, groupLabel(node) ?? (await groupByCloud(surveyor, server, signal))) }
}

async function idFromProvider(
  { providerID }: NodeFacts,
  ownRegion: () => Promise<string | undefined>,
): Promise<string | undefined | { readonly mismatch: string }> {
  if (providerID === undefined || providerID === '') return undefined
  const [, region, id] = PROVIDER_ID.exec(providerID) ?? []
  if (id === undefined || !isUuid(id)) return { mismatch: `${providerID} is none of OpenStack's` }
  if (region === undefined || region === '') return id.toLowerCase()
  const own = await ownRegion()
  if (own === undefined || own === region) return id.toLowerCase()
  return { mismatch: `${providerID} is of another region than ${own}` }
}

/**
 * A server that Heat has replaced under its old name leaves the old id in the Node's providerID, which nobody can
 * change; the kubelet's systemUUID is then the new one. machineID is a server's id only on some images, so it counts
 * only where there is nothing else.
 */
function candidatesOf(named: string | undefined, { systemUUID, machineID }: NodeFacts): readonly string[] {
  const system = systemUUID !== undefined && isUuid(systemUUID) ? systemUUID.toLowerCase() : undefined
  const ids = [named, system].filter((id) => id !== undefined)
  if (ids.length > 0) return [...new Set(ids)]
  const [, a, b, c, d, e] =
    /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i.exec(machineID ?? '') ?? []
  return a === undefined ? [] : [`${a}-${b}-${c}-${d}-${e}`.toLowerCase()]
}

function groupLabel({ labels }: NodeFacts): string | undefined {
  return GROUP_LABELS.map((key) => labels[key]).find((value) => value !== undefined && value !== '')
}

/** Without a label: the group whose stack lists the server, else the one that lists one of its addresses. */
async function groupByCloud(surveyor: Surveyor, server: Server, signal: AbortSignal): Promise<string | undefined> {
  const main = await surveyor.recent(undefined, signal)
  const found: string[] = []
  const addresses = new Set(addressesOf(server))
  for (const { name, role } of main.groups) {
    const survey = await surveyor.recent(name, signal)
    const member = findMember(survey.resources, server.id)
    const isMaster = member?.group === 'kube_masters'
    // Masters and the first workers share one stack.
    if (member !== undefined && isMaster === (role === 'master')) return name
    if (survey.group?.node_addresses?.some((address) => addresses.has(address)) === true) found.push(name)
  }
  // Two groups with the same address: addresses prove nothing here.
  return found.length === 1 ? found[0] : undefined
}

/** Nova has forgotten the server. Where Heat still counts it, its place can be filled again. */
async function goneOf(
  tools: Tools,
  surveyor: Surveyor,
  node: NodeFacts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Located> {
  const label = groupLabel(node)
  const { resources } = await surveyor.recent(label, signal)
  const id = ids.find((candidate) => findMember(resources, candidate) !== undefined)
  if (id === undefined) return { gone: true, slot: false }
  const ref = { id, name: node.name, ...(label === undefined ? {} : { group: label }) }
  return { gone: true, slot: true, state: await stateOfGone(tools, surveyor, ref, signal) }
}

import type { InstanceView } from '../core/model/instance.ts'
import { type NodeFacts, quorumOfRole } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Switches } from '../core/model/view.ts'
import type { RecordedInstance, RecordedNode, RecordedRepair, RecordedSwitches } from './format.ts'

/** Back to what the core knows: what was not recorded is empty. */
export function toNodeFacts(node: RecordedNode): NodeFacts {
  const { zone, createdAt, providerID, systemUUID, machineID, bootID, kernelVersion, osImage, kubeletVersion } = node
  const known = { zone, createdAt, providerID, systemUUID, machineID, bootID, kernelVersion, osImage, kubeletVersion }
  return { ...node, ...known, quorum: node.quorum ?? quorumOfRole(node.role), resourceVersion: '', addresses: [] }
}

export function toInstance({ located, state, ...rest }: RecordedInstance): InstanceView {
  return { ...rest, located, state }
}

export function toRepair({ status, ...rest }: RecordedRepair): NodeRepair {
  return { ...rest, status, resourceVersion: '', finalizers: [] }
}

export function toSwitches({ paused, pools, nodes, cloud, ...rest }: RecordedSwitches): Switches {
  const pauses = (map: typeof pools) => new Map(Object.entries(map).map(([key, one]) => [key, pauseOf(one)]))
  return { ...rest, paused: paused && pauseOf(paused), pools: pauses(pools), nodes: pauses(nodes), cloud }
}

function pauseOf({ reason, until }: NonNullable<RecordedSwitches['paused']>): NonNullable<Switches['paused']> {
  return { reason, until }
}

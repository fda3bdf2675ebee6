import { listOf, recordOf } from '../../lib/pure/json.ts'
import type { Machine } from './machine.ts'

export interface NodeCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly lastHeartbeatTime: string
  readonly lastTransitionTime: string
}

const SIZE = { cpu: '4', memory: '8Gi', pods: '110' }
const PRESSURES = ['MemoryPressure', 'DiskPressure', 'PIDPressure'] as const

/** The Node as a kubelet registers it. */
export function nodeObject(machine: Machine): object {
  const { name, role, etcd, zone, pool } = machine.spec
  const labels: Record<string, string> = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' }
  if (role === 'master') labels['node-role.kubernetes.io/control-plane'] = ''
  if (etcd === true) labels['node-role.kubernetes.io/etcd'] = 'true'
  if (zone !== undefined) labels['topology.kubernetes.io/zone'] = zone
  if (pool !== undefined) labels['heald.dev/pool'] = pool
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { providerID: `pretend://${machine.cluster}/${name}` },
  }
}

/** The status that a kubelet posts, conditions by type. */
export function nodeStatus(machine: Machine, address: string, previous: unknown, time: string): object {
  const { name } = machine.spec
  const down = machine.faults.has('runtime-dead')
  const ready = down
    ? { status: 'False', reason: 'KubeletNotReady', message: 'container runtime is down' }
    : { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
  const conditions = [
    ...PRESSURES.map((type) => ({ type, status: 'False', reason: `KubeletHasNo${type}`, message: 'kubelet is fine' })),
    { type: 'Ready', ...ready },
  ]
  return {
    conditions: conditions.map((condition) => dated(condition, previous, time)),
    capacity: SIZE,
    allocatable: SIZE,
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      machineID: machine.id,
      systemUUID: machine.id,
      bootID: machine.bootId,
      kernelVersion: '6.1.0-pretend',
      osImage: 'Pretend Linux 12',
      containerRuntimeVersion: 'containerd://2.1.0',
      kubeletVersion: 'v1.34.4',
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  }
}

/** A condition keeps its transition time until its status changes. */
export function dated(
  condition: { readonly type: string; readonly status: string; readonly reason: string; readonly message: string },
  previous: unknown,
  time: string,
): NodeCondition {
  const before = listOf(recordOf(previous).conditions)
    .map(recordOf)
    .find((each) => each.type === condition.type)
  const kept = before?.status === condition.status ? String(before.lastTransitionTime) : time
  return { ...condition, lastHeartbeatTime: time, lastTransitionTime: kept }
}

export function conditionStatus(node: object | undefined, type: string): string | undefined {
  const status = recordOf(recordOf(node).status)
  const found = listOf(status.conditions)
    .map(recordOf)
    .find((condition) => condition.type === type)
  return found === undefined ? undefined : String(found.status)
}

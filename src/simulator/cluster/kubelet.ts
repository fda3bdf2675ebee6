import type { Clock } from '../../core/ports/clock.ts'
import { listOf, recordOf } from '../../lib/pure/json.ts'
import type { NewId } from '../../lib/pure/random.ts'
import type { LocalApi } from '../api/local.ts'
import { calendar, keyOf, type Stored } from '../api/store/objects.ts'
import { PODS } from '../api/store/resources.ts'
import { kubeletSpeaks, type Machine, type Timings } from './machine.ts'
import { conditionStatus, nodeObject, nodeStatus } from './node-object.ts'

const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' }
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

export interface World {
  readonly api: LocalApi
  readonly clock: Clock
  readonly timings: Timings
  readonly newId: NewId
  addressOf(name: string): string
}

/** What one kubelet does when its turn comes: register after a boot, renew its Lease, correct its status, tend its pods. */
export function runKubelet(world: World, machine: Machine): void {
  const { api, clock, timings } = world
  const now = clock.now()
  if (!kubeletSpeaks(machine, now)) return
  const { name } = machine.spec
  const registered = machine.registeredBoot === machine.bootId && api.store.get('nodes', name) !== undefined
  if (!registered) {
    // 409 = the Node of an earlier boot or machine is still there, and is taken over.
    api.call('POST', '/api/v1/nodes', nodeObject(machine))
    postStatus(world, machine)
    machine.registeredBoot = machine.bootId
    machine.heartbeatDueAt = 0
  }
  if (now >= machine.heartbeatDueAt) {
    machine.heartbeatDueAt = now + timings.heartbeatMs
    renewLease(world, name)
    const wanted = machine.faults.has('runtime-dead') ? 'False' : 'True'
    if (conditionStatus(api.store.get('nodes', name), 'Ready') !== wanted) postStatus(world, machine)
  }
  tendPods(world, name)
}

function postStatus({ api, clock, addressOf }: World, machine: Machine): void {
  const { name } = machine.spec
  const previous = api.store.get('nodes', name)?.status
  const status = nodeStatus(machine, addressOf(name), previous, calendar(clock.wall()))
  api.call('PATCH', `/api/v1/nodes/${name}/status`, { status }, STRATEGIC)
}

function renewLease({ api, clock }: World, name: string): void {
  const renewTime = new Date(clock.wall()).toISOString().replace('Z', '000Z')
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime }
  const key = keyOf('kube-node-lease', name)
  const lease = api.store.get('leases', key)
  if (lease === undefined) {
    api.call('POST', LEASES, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec })
  } else if (lease.metadata.deletionTimestamp === undefined) {
    // What a PATCH would store, at a tenth of its price: heartbeats are most of what happens in a quiet cluster.
    api.store.put('leases', key, { ...lease, spec: { ...recordOf(lease.spec), ...spec } })
  } else api.call('PATCH', `${LEASES}/${name}`, { spec }, STRATEGIC)
}

/** Ends the pods that are going and starts the ones that are new. */
function tendPods({ api, clock, timings }: World, node: string): void {
  const wall = clock.wall()
  for (const pod of podsOn(api, node)) {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata
    if (deletionTimestamp !== undefined) {
      const since = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1_000
      if (wall - since >= timings.podMs) api.call('DELETE', path, { gracePeriodSeconds: 0 })
    } else if (
      recordOf(pod.status).phase !== 'Running' &&
      wall - Date.parse(pod.metadata.creationTimestamp) >= timings.podMs
    ) {
      const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
      api.call('PATCH', `${path}/status`, { status }, STRATEGIC)
    }
  }
}

export function podsOn(api: LocalApi, node: string): readonly Stored[] {
  return api.store.list(PODS.shelf).filter((pod) => recordOf(pod.spec).nodeName === node)
}

/** Fresh taints of a list without those named. */
export function taintsWithout(node: Stored, keys: readonly string[]): readonly unknown[] {
  return listOf(recordOf(node.spec).taints).filter((taint) => !keys.includes(String(recordOf(taint).key)))
}

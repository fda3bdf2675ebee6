import { listOf, recordOf } from '../../lib/pure/json.ts'
import { PODS } from '../api/store/resources.ts'
import { podsOn, type World } from './kubelet.ts'
import { conditionStatus } from './node-object.ts'

export interface Workload {
  readonly name: string
  readonly replicas: number
}

/** A ReplicaSet and its scheduler in one: keeps `replicas` pods, each on the emptiest node that takes pods. */
export function createWorkload(world: World, { name, replicas }: Workload): () => void {
  const { api } = world
  return () => {
    const pods = api.store.list(PODS.shelf).filter((pod) => pod.metadata.labels?.app === name)
    let missing = replicas - pods.filter((pod) => pod.metadata.deletionTimestamp === undefined).length
    for (; missing > 0; missing--) {
      const nodeName = emptiestNode(world)
      if (nodeName === undefined) return
      const metadata = { name: `${name}-${world.newId().slice(0, 5)}`, labels: { app: name } }
      api.call('POST', '/api/v1/namespaces/default/pods', {
        metadata: {
          ...metadata,
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true }],
        },
        spec: { nodeName, containers: [{ name, image: 'pretend' }], terminationGracePeriodSeconds: 30 },
      })
    }
  }
}

function emptiestNode({ api }: World): string | undefined {
  const open = api.store.list('nodes').filter((node) => {
    const spec = recordOf(node.spec)
    const isMaster = node.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined
    return (
      !isMaster && !spec.unschedulable && listOf(spec.taints).length === 0 && conditionStatus(node, 'Ready') === 'True'
    )
  })
  const load = new Map(open.map((node) => [node.metadata.name, podsOn(api, node.metadata.name).length]))
  return [...load.keys()].sort((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0))[0]
}

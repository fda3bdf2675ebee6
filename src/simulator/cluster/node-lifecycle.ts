import { listOf, recordOf } from '../../lib/pure/json.ts'
import { calendar, keyOf, type Stored } from '../api/store/objects.ts'
import { taintsWithout, type World } from './kubelet.ts'
import { conditionStatus, dated } from './node-object.ts'

const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' }
const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'

/** The part of kube-controller-manager that turns a silent kubelet into `Ready=Unknown`, with its taints. */
export function createNodeLifecycle(world: World): () => void {
  const { api, clock, timings } = world
  const seen = new Map<string, { readonly renewTime: string; readonly at: number }>()
  /** Nodes with the right taints: an object never changes in place. */
  const tainted = new WeakSet<Stored>()

  /** How long the record has not changed, by our own clock. */
  function silentMs(name: string): number {
    const lease = api.store.get('leases', keyOf('kube-node-lease', name))
    const renewTime = String(recordOf(lease?.spec).renewTime)
    const known = seen.get(name)
    if (known?.renewTime === renewTime) return clock.now() - known.at
    seen.set(name, { renewTime, at: clock.now() })
    return 0
  }

  function markUnknown(node: Stored): void {
    const time = calendar(clock.wall())
    const text = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
    const types = listOf(recordOf(node.status).conditions).map((condition) => String(recordOf(condition).type))
    const conditions = types.map((type) => dated({ type, ...text }, node.status, time))
    api.call('PATCH', `/api/v1/nodes/${node.metadata.name}/status`, { status: { conditions } }, STRATEGIC)
  }

  function taint(node: Stored): void {
    if (tainted.has(node)) return
    const ready = conditionStatus(node, 'Ready')
    const key = ready === 'True' ? undefined : ready === 'False' ? NOT_READY : UNREACHABLE
    const others = taintsWithout(node, [NOT_READY, UNREACHABLE])
    const ours = key === undefined ? [] : ['NoSchedule', 'NoExecute'].map((effect) => ({ key, effect }))
    const now = listOf(recordOf(node.spec).taints).map((each) => recordOf(each).key)
    const wanted = [...others, ...ours].map((each) => recordOf(each).key)
    if (String(now) === String(wanted)) return void tainted.add(node)
    api.call('PATCH', `/api/v1/nodes/${node.metadata.name}`, { spec: { taints: [...others, ...ours] } }, STRATEGIC)
  }

  return () => {
    for (const node of api.store.list('nodes')) {
      const { name } = node.metadata
      if (silentMs(name) > timings.graceMs && conditionStatus(node, 'Ready') !== 'Unknown') markUnknown(node)
      const current = api.store.get('nodes', name)
      if (current !== undefined) taint(current)
    }
  }
}

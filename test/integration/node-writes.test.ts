import t from 'tap'
import { MARKS_ANNOTATION, SCALE_DOWN_DISABLED } from '../../src/core/annotations/marks.ts'
import type { NodeFacts } from '../../src/core/model/node.ts'
import { createEventSink } from '../../src/kube/events.ts'
import { createNodeApi } from '../../src/kube/node/node-api.ts'
import { parseNode } from '../../src/kube/node/nodes.ts'
import { createLedger } from '../../src/kube/store/repairs.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { startControlPlane } from '../lab/control-plane.ts'
import { httpTo } from '../support/kube/api.ts'
import { installCrd, shippedCrd } from '../support/kube/crd.ts'
import { spec } from '../support/kube/repairs.ts'
import { createMemoryLog } from '../support/memory-log.ts'

const MERGE = 'application/merge-patch+json'
const { signal } = new AbortController()
const plane = await startControlPlane()
t.teardown(() => plane.stop())
const http = await httpTo({ kubeconfig: plane.kubeconfig })
const nodes = createNodeApi({ http, parseNode: parseNode([]), owner: 'kube-system/heald' })
let made = 0

async function newNode(change: { spec?: object; labels?: object } = {}): Promise<NodeFacts> {
  const name = `node-${++made}`
  const labels = { 'kubernetes.io/hostname': name, ...change.labels }
  await plane.must('POST', '/api/v1/nodes', { metadata: { name, labels }, spec: change.spec ?? {} })
  const facts = await nodes.get(name, signal)
  if (facts === undefined) throw new Error(`${name} is not there`)
  return facts
}

const stored = (name: string): Promise<{ metadata: { annotations?: Record<string, string> }; spec: object }> =>
  plane.must('GET', `/api/v1/nodes/${name}`)

t.test('a node and its heartbeat are read without a cache, and undefined when they are gone', async (t) => {
  const facts = await newNode()
  t.match(facts, { name: 'node-1', role: 'worker', unschedulable: false })
  t.equal(await nodes.get('nobody', signal), undefined)
  t.equal(await nodes.heartbeat(facts.name, signal), undefined)
  await plane.request('POST', '/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } })
  const renewTime = '2026-11-21T00:00:00.123456Z'
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
  await plane.must('POST', leases, { metadata: { name: facts.name }, spec: { renewTime, holderIdentity: facts.name } })
  t.equal(await nodes.heartbeat(facts.name, signal), renewTime)
})

t.test('mark and unmark are one patch each, and leave the node as it was', async (t) => {
  const before = await newNode()
  const marked = await nodes.mark(before, 'r-1', { cordon: true }, signal)
  t.match(marked, { unschedulable: true, annotations: { [SCALE_DOWN_DISABLED]: 'true' } })
  t.same(marked, await nodes.get(before.name, signal))
  t.equal(await nodes.mark(marked, 'r-1', { cordon: true }, signal), marked, 'nothing to write')
  const unmarked = await nodes.unmark(marked, { keepCordon: false }, signal)
  t.same({ ...unmarked, resourceVersion: '' }, { ...before, resourceVersion: '' })
  t.notOk('unschedulable' in (await stored(before.name)).spec)
})

t.test('a write on facts that are no longer true is a conflict and changes nothing', async (t) => {
  const old = await newNode()
  await plane.must('PATCH', `/api/v1/nodes/${old.name}`, { metadata: { labels: { a: 'b' } } }, MERGE)
  await t.rejects(nodes.mark(old, 'r-1', { cordon: true }, signal), { name: 'LedgerConflictError' })
  t.notOk('unschedulable' in (await stored(old.name)).spec)
  const marked = await nodes.mark((await nodes.get(old.name, signal))!, 'r-1', { cordon: true }, signal)
  await plane.must('PATCH', `/api/v1/nodes/${old.name}`, { metadata: { labels: { a: 'c' } } }, MERGE)
  await t.rejects(nodes.unmark(marked, { keepCordon: false }, signal), { name: 'LedgerConflictError' })
  t.match((await stored(old.name)).spec, { unschedulable: true })
  await nodes.delete(old.name, old.uid, signal)
  await t.rejects(nodes.unmark(marked, { keepCordon: false }, signal), { name: 'LedgerConflictError' })
})

t.test('a node that a person cordoned before is cordoned afterwards', async (t) => {
  const cordoned = await newNode({ spec: { unschedulable: true } })
  const marked = await nodes.mark(cordoned, 'r-1', { cordon: true }, signal)
  t.same(JSON.parse(marked.annotations[MARKS_ANNOTATION] ?? ''), {
    owner: 'kube-system/heald',
    repair: 'r-1',
    cordon: false,
    scaleDownDisabled: true,
  })
  t.equal((await nodes.unmark(marked, { keepCordon: false }, signal)).unschedulable, true)
})

t.test('a node is deleted only while it is the very one that was meant', async (t) => {
  const old = await newNode()
  await nodes.delete(old.name, '00000000-0000-0000-0000-000000000000', signal)
  t.match(await nodes.get(old.name, signal), { uid: old.uid })
  await nodes.delete(old.name, old.uid, signal)
  t.equal(await nodes.get(old.name, signal), undefined)
  await nodes.delete(old.name, old.uid, signal)
})

interface PodOptions {
  readonly annotations?: object
  readonly owner?: string
  readonly phase?: string
  readonly labels?: object
}

async function newPod(node: string, name: string, options: PodOptions = {}): Promise<void> {
  const { annotations = {}, owner, phase = 'Running', labels = {} } = options
  const ownerReferences =
    owner === undefined ? [] : [{ apiVersion: 'apps/v1', kind: owner, name: 'o', uid: 'o', controller: true }]
  const pods = '/api/v1/namespaces/default/pods'
  await plane.must('POST', pods, {
    metadata: { name, annotations, labels, ownerReferences },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'none' }], tolerations: [{ operator: 'Exists' }] },
  })
  const status = { phase, conditions: [{ type: 'Ready', status: 'True' }] }
  await plane.must('PATCH', `${pods}/${name}/status`, { status }, MERGE)
}

/** What a kubelet does with a pod that is ending. */
async function endPod(name: string): Promise<void> {
  await plane.must('DELETE', `/api/v1/namespaces/default/pods/${name}?gracePeriodSeconds=0`)
}

const isEnding = async (name: string): Promise<boolean> =>
  (await plane.must('GET', `/api/v1/namespaces/default/pods/${name}`)).metadata.deletionTimestamp !== undefined

t.test('a drain evicts what may go, once, and leaves DaemonSet, mirror and finished pods alone', async (t) => {
  const { name } = await newNode()
  const other = await newNode()
  await newPod(name, 'app-1', { owner: 'ReplicaSet' })
  await newPod(name, 'bare-1')
  await newPod(name, 'daemon-1', { owner: 'DaemonSet' })
  await newPod(name, 'mirror-1', { annotations: { 'kubernetes.io/config.mirror': 'x' }, owner: 'Node' })
  await newPod(name, 'done-1', { phase: 'Succeeded' })
  await newPod(name, 'failed-1', { phase: 'Failed' })
  await newPod(other.name, 'elsewhere-1')
  t.same(await nodes.drainPass(name, signal), { left: 2, blocked: [] })
  for (const gone of ['app-1', 'bare-1']) t.equal(await isEnding(gone), true, gone)
  for (const kept of ['daemon-1', 'mirror-1', 'done-1', 'failed-1', 'elsewhere-1']) {
    t.equal(await isEnding(kept), false, kept)
  }
  await endPod('app-1')
  t.same(await nodes.drainPass(name, signal), { left: 1, blocked: [] }, 'what is ending is waited for')
  await endPod('bare-1')
  t.same(await nodes.drainPass(name, signal), { left: 0, blocked: [] })
})

t.test('a PodDisruptionBudget that allows nothing blocks by name, until it allows one', async (t) => {
  const { name } = await newNode()
  await newPod(name, 'kept-1', { labels: { app: 'kept' } })
  await newPod(name, 'free-1')
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
  const selector = { matchLabels: { app: 'kept' } }
  await plane.must('POST', budgets, { metadata: { name: 'keep-one' }, spec: { minAvailable: 1, selector } })
  const allow = (disruptionsAllowed: number): Promise<object> => {
    const counts = { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, observedGeneration: 1 }
    return plane.must('PATCH', `${budgets}/keep-one/status`, { status: { ...counts, disruptionsAllowed } }, MERGE)
  }
  await allow(0)
  const first = await nodes.drainPass(name, signal)
  t.equal(first.left, 2)
  t.equal(first.blocked.length, 1)
  t.match(first.blocked[0], /^default\/kept-1: .*disruption budget keep-one needs 1 healthy pods and has 1 currently/)
  t.equal(await isEnding('kept-1'), false)
  t.equal(await isEnding('free-1'), true)
  await allow(1)
  t.same(await nodes.drainPass(name, signal), { left: 2, blocked: [] })
  t.equal(await isEnding('kept-1'), true)
})

t.test('the volumes of a node are those that are claimed and can live nowhere else', async (t) => {
  const { name } = await newNode({ labels: { 'kubernetes.io/hostname': 'host-a' } })
  const claimRef = { namespace: 'default', name: 'claim' }
  const pinned = (key: string, ...values: string[]): object => ({
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values }] }] },
  })
  const local = { local: { path: '/mnt/a' } }
  const byHost = pinned('kubernetes.io/hostname', 'host-a')
  const volumes: Record<string, object> = {
    'local-claimed': { ...local, nodeAffinity: byHost, claimRef },
    'local-free': { ...local, nodeAffinity: byHost },
    'hostpath-claimed': { hostPath: { path: '/mnt/b' }, nodeAffinity: byHost, claimRef },
    'csi-claimed': {
      ...{ csi: { driver: 'topolvm.io', volumeHandle: 'h' }, claimRef },
      nodeAffinity: pinned('topology.topolvm.io/node', name),
    },
    'other-node': { ...local, nodeAffinity: pinned('kubernetes.io/hostname', 'host-b'), claimRef },
    'two-nodes': { ...local, nodeAffinity: pinned('kubernetes.io/hostname', 'host-a', 'host-b'), claimRef },
    'by-zone': { ...local, nodeAffinity: pinned('topology.kubernetes.io/zone', 'a'), claimRef },
    anywhere: { nfs: { server: 's', path: '/' }, claimRef },
  }
  for (const [volume, own] of Object.entries(volumes)) {
    const spec = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...own }
    await plane.must('POST', '/api/v1/persistentvolumes', { metadata: { name: volume }, spec })
  }
  t.same([...(await nodes.localVolumes(name, signal))].sort(), ['csi-claimed', 'hostpath-claimed', 'local-claimed'])
  t.same(await nodes.localVolumes('host-b', signal), ['other-node'], 'of a node that is gone by its name')
})

t.test('the API server takes our events on Nodes and NodeRepairs, and counts repeats as a series', async (t) => {
  await installCrd(plane, await shippedCrd())
  const { name, uid } = await newNode()
  const repair = await createLedger({ http }).create('node-repair-1', spec(), signal)
  const log = createMemoryLog()
  const tell = createEventSink({ http, clock: systemClock, log, component: 'heald.dev/heald', instance: 'a_1', signal })
  const message = 'ä'.repeat(2_000)
  const held = {
    regarding: { apiVersion: 'v1', kind: 'Node', name, uid },
    type: 'Warning',
    reason: 'RepairHeld',
    message,
  } as const
  tell(held)
  tell({
    regarding: { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', name: repair.name, uid: repair.uid },
    type: 'Normal',
    reason: 'Issued',
    message: 'x',
  })
  tell(held)
  const read = async (): Promise<{ regarding: object; series?: object }[]> =>
    (await plane.must('GET', '/apis/events.k8s.io/v1/namespaces/default/events')).items
  let events = await read()
  for (let i = 0; i < 100 && !events.some(({ series }) => series !== undefined); i++) {
    await systemClock.sleep(20, signal)
    events = await read()
  }
  t.same(log.lines, [])
  t.equal(events.length, 2)
  const ofNode = events.find((event) => (event.regarding as { kind: string }).kind === 'Node')
  t.match(ofNode, { reason: 'RepairHeld', type: 'Warning', regarding: { name, uid }, series: { count: 2 } })
  t.match(
    events,
    [{}, {}].map(() => ({ reportingController: 'heald.dev/heald', reportingInstance: 'a_1' })),
  )
  const seen = await plane.must('GET', `/api/v1/events?fieldSelector=involvedObject.uid=${repair.uid}`)
  t.match(seen.items, [{ reason: 'Issued', involvedObject: { kind: 'NodeRepair', apiVersion: 'heald.dev/v1alpha1' } }])
})

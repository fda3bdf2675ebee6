import fc from 'fast-check'
import t from 'tap'
import { parseNode } from '../../../src/kube/node/nodes.ts'

const NODE = {
  metadata: {
    name: 'worker-1',
    uid: 'u-1',
    resourceVersion: '17',
    creationTimestamp: '2026-11-21T08:00:00Z',
    labels: { 'topology.kubernetes.io/zone': 'a', 'example.com/pool': 'fast', team: 'x' },
    annotations: {
      'heald.dev/paused': 'true',
      'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
      'weave.works/kured-reboot-in-progress': '2026-11-21T08:00:00Z',
      'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
    },
  },
  spec: { providerID: 'docker://worker-1', unschedulable: true, taints: [{ key: 'k', effect: 'NoSchedule' }] },
  status: {
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: 'x' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    nodeInfo: {
      bootID: 'b',
      machineID: 'm',
      systemUUID: 's',
      kernelVersion: '6.1',
      osImage: 'os',
      kubeletVersion: 'v1',
    },
    daemonEndpoints: { kubeletEndpoint: { Port: 10_350 } },
    images: [{ names: ['big'] }],
  },
}

t.test('a node is narrowed to what heald decides by', async (t) => {
  t.same(parseNode(['nope', 'example.com/pool'])(NODE), {
    key: 'worker-1',
    resourceVersion: '17',
    item: {
      name: 'worker-1',
      uid: 'u-1',
      resourceVersion: '17',
      role: 'worker',
      quorum: [],
      pool: 'fast',
      zone: 'a',
      createdAt: Date.UTC(2026, 10, 21, 8),
      deleting: false,
      unschedulable: true,
      taints: [{ key: 'k', effect: 'NoSchedule' }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
      kubeletPort: 10_350,
      labels: NODE.metadata.labels,
      annotations: {
        'heald.dev/paused': 'true',
        'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
        'weave.works/kured-reboot-in-progress': '2026-11-21T08:00:00Z',
      },
      providerID: 'docker://worker-1',
      bootID: 'b',
      machineID: 'm',
      systemUUID: 's',
      kernelVersion: '6.1',
      osImage: 'os',
      kubeletVersion: 'v1',
    },
  })
})

t.test(
  'the role comes from any of the control-plane labels, and a node without a pool label is in the pool of its role',
  async (t) => {
    for (const label of ['control-plane', 'master', 'controlplane']) {
      const labels = { [`node-role.kubernetes.io/${label}`]: '' }
      const node = { metadata: { name: 'm', uid: 'u', resourceVersion: '1', labels } }
      t.match(parseNode(['example.com/pool'])(node)?.item, { role: 'master', pool: 'master', zone: undefined })
    }
  },
)

t.test('etcd nodes keep the role of workers and form a group of their own, beside the control plane', async (t) => {
  const facts = (names: readonly string[], ...more: Parameters<typeof parseNode>) => {
    const labels = Object.fromEntries(names.map((label) => [`node-role.kubernetes.io/${label}`, 'true']))
    return parseNode(...more)({ metadata: { name: 'n', uid: 'u', resourceVersion: '1', labels } })?.item
  }
  t.match(facts(['etcd'], []), { role: 'worker', quorum: ['etcd'] })
  t.match(facts(['worker'], []), { role: 'worker', quorum: [] })
  for (const label of ['control-plane', 'master', 'controlplane']) {
    t.match(facts([label], []), { role: 'master', quorum: ['control-plane'] })
    t.match(facts([label, 'etcd'], []), { role: 'master', quorum: ['control-plane', 'etcd'] })
  }
  const label = (name: string) => `node-role.kubernetes.io/${name}`
  const configured = { masterLabels: [label('server'), label('etcd')], quorumLabels: [label('etcd'), label('store')] }
  t.match(facts(['etcd'], [], undefined, configured), { role: 'master', quorum: ['control-plane'] })
  t.match(facts(['server'], [], undefined, configured), { role: 'master', quorum: [] })
  t.match(facts(['store'], [], undefined, configured), { role: 'worker', quorum: ['etcd'] })
  t.match(facts(['control-plane'], [], undefined, configured), { role: 'worker', quorum: [] })
})

t.test('a port that is none is not kept', async (t) => {
  for (const Port of [0, -1, 65_536, 10.5, '10250', null, undefined]) {
    const status = { ...NODE.status, daemonEndpoints: { kubeletEndpoint: { Port } } }
    t.notOk('kubeletPort' in (parseNode([])({ ...NODE, status })?.item ?? {}), String(Port))
  }
})

t.test('the configured zone label replaces the standard ones', async (t) => {
  t.equal(parseNode([], 'team')(NODE)?.item.zone, 'x')
  t.equal(parseNode([], 'none')(NODE)?.item.zone, undefined)
})

t.test(
  'a condition whose status is none of the three is dropped, so that it never speaks against the node',
  async (t) => {
    const conditions = [{ type: 'Ready', status: 'false' }, { type: 'Ready' }, { status: 'True' }, 7, null]
    t.same(parseNode([])({ ...NODE, status: { conditions } })?.item.conditions, [])
  },
)

t.test('an object without name, UID or resourceVersion is none', async (t) => {
  for (const name of ['name', 'uid', 'resourceVersion']) {
    for (const value of [undefined, '', 7, {}]) {
      t.equal(parseNode([])({ ...NODE, metadata: { ...NODE.metadata, [name]: value } }), undefined)
    }
  }
  t.equal(parseNode([])(null), undefined)
})

t.test('a label named __proto__ is a label and nothing more', async (t) => {
  const labels = JSON.parse('{"__proto__": "x", "constructor": "y"}')
  const item = parseNode(['toString', '__proto__'])({ metadata: { ...NODE.metadata, labels } })?.item
  t.equal(item?.pool, 'x')
  t.equal(item?.zone, undefined)
})

t.test('whatever is absurd in a node, the rest is read, every field has its type, and nothing throws', async (t) => {
  const wild = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.array(fc.jsonValue()))
  const paths = fc.subarray(
    [
      ['metadata', 'labels'],
      ['metadata', 'annotations'],
      ['metadata', 'creationTimestamp'],
      ['metadata', 'deletionTimestamp'],
      ['spec', 'taints'],
      ['spec', 'unschedulable'],
      ['spec', 'providerID'],
      ['status', 'conditions'],
      ['status', 'addresses'],
      ['status', 'nodeInfo'],
    ] as const,
    { minLength: 1 },
  )
  const parse = parseNode(['example.com/pool'])
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(paths, fc.array(wild, { minLength: 10, maxLength: 10 }), (broken, values) => {
        const node = structuredClone(NODE) as unknown as Record<string, Record<string, unknown>>
        broken.forEach(([outer, inner], index) => {
          node[outer]![inner] = values[index]
        })
        const item = parse(node)?.item
        if (item === undefined) return false
        const texts = [item.providerID, item.bootID, item.zone, item.kernelVersion].every(
          (text) => text === undefined || (typeof text === 'string' && text !== ''),
        )
        const statuses = item.conditions.every(({ status }) => ['True', 'False', 'Unknown'].includes(status))
        const labels = Object.values(item.labels).every((value) => typeof value === 'string')
        const time = item.createdAt === undefined || Number.isFinite(item.createdAt)
        return texts && statuses && labels && time && typeof item.unschedulable === 'boolean' && item.pool !== ''
      }),
      { numRuns: 500 },
    ),
  )
  t.doesNotThrow(() => fc.assert(fc.property(fc.anything(), (object) => void parse(object))))
})

t.test('when a condition was last refreshed is kept of those that are not the kubelet’s', async (t) => {
  const at = '2026-05-01T10:00:00Z'
  const conditions = ['Ready', 'KernelDeadlock'].map((type) => ({ type, status: 'True', lastHeartbeatTime: at }))
  t.same(parseNode([])({ ...NODE, status: { conditions } })?.item.conditions, [
    { type: 'Ready', status: 'True' },
    { type: 'KernelDeadlock', status: 'True', lastHeartbeatTime: at },
  ])
})
t.test(
  'a mark of otherActors is found while a node is read, whole or by its prefix, and "false" is none',
  async (t) => {
    const otherActors = {
      taints: ['example.com/', 'draining'],
      labels: ['team/held'],
      annotations: ['ops.example.com/by-hand'],
    }
    const read = (metadata: object, taints: readonly unknown[] = []) =>
      parseNode([], undefined, { otherActors })({
        metadata: { name: 'n', uid: 'u', resourceVersion: '1', ...metadata },
        spec: { taints },
      })?.item.inHands
    const taint = (key: unknown) => read({}, [7, { key: 'x', effect: 'NoSchedule' }, { key, effect: 'NoSchedule' }])
    t.equal(taint('example.com/anything'), 'taint example.com/anything')
    t.equal(taint('draining'), 'taint draining')
    for (const key of ['draining/now', 'example.com', 'my.example.com/x', 7, undefined]) t.equal(taint(key), undefined)
    t.equal(read({ labels: { 'team/held': '' } }), 'label team/held')
    t.equal(read({ labels: { 'team/held': 'false' } }), undefined)
    t.equal(read({ annotations: { 'ops.example.com/by-hand': 'Ann' } }), 'annotation ops.example.com/by-hand')
    t.equal(read({ annotations: { 'ops.example.com/by-hand': 'false', 'team/held': 'x' } }), undefined)
    t.equal(read({}), undefined)
  },
)

import t from 'tap'
import { createLocalApi } from '../../../src/simulator/api/local.ts'
import { createStore } from '../../../src/simulator/api/store/store.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { spec } from '../../support/kube/repairs.ts'

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const REPAIRS = '/apis/heald.dev/v1alpha1/noderepairs'

function stage() {
  const clock = createVirtualClock()
  const api = createLocalApi({ clock, store: createStore(), bookmarkMs: 10_000 })
  const ask = (target: string, accept = 'application/json') => {
    const reaction = api.react({ method: 'GET', target, contentType: '', text: '', accept })
    if (reaction.kind !== 'answer') throw new Error(reaction.kind)
    return { status: reaction.status, body: JSON.parse(reaction.text) }
  }
  return { api, clock, ask }
}

t.test('what is served is discovered, defined kinds included, and nothing else', async (t) => {
  const { ask } = stage()
  t.match(
    ask('/apis').body.groups.map(({ name }: { name: string }) => name),
    ['events.k8s.io', 'policy'],
  )
  t.match(ask('/apis/heald.dev').body, { kind: 'APIGroup', preferredVersion: { version: 'v1alpha1' } })
  t.match(ask('/apis/heald.dev/v1alpha1').body.resources, [
    { name: 'noderepairs', shortNames: ['nr'], namespaced: false, kind: 'NodeRepair' },
    { name: 'noderepairs/status' },
  ])
  t.equal(ask('/apis/nobody.io').status, 404)
  t.equal(ask('/apis/heald.dev/v9').status, 404)
  const { schemas } = ask('/openapi/v3/apis/heald.dev/v1alpha1').body.components
  t.match(schemas['heald.dev.v1alpha1.NodeRepair'].properties.spec.properties, { nodeName: { type: 'string' } })
})

t.test('a list, an object and a watch come as tables to those who ask for one', async (t) => {
  const { api, clock, ask } = stage()
  const metadata = { name: 'w1', labels: { 'node-role.kubernetes.io/etcd': '' } }
  const conditions = [{ type: 'Ready', status: 'False' }]
  api.call('POST', '/api/v1/nodes', { metadata, spec: { unschedulable: true }, status: { conditions } })
  api.call('POST', REPAIRS, {
    apiVersion: 'heald.dev/v1alpha1',
    kind: 'NodeRepair',
    metadata: { name: 'r1' },
    spec: spec(),
  })
  await clock.advance(90_000)
  const cells = (target: string) => ask(target, TABLE).body.rows.map((row: { cells: unknown }) => row.cells)
  t.same(cells('/api/v1/nodes'), [['w1', 'NotReady,SchedulingDisabled', 'etcd', '2m', '']])
  t.same(cells(`${REPAIRS}/r1`), [['r1', 'worker-1', null, null, null, null, '2m']])
  t.match(ask('/api/v1/nodes/w1', TABLE).body.rows[0].object, {
    kind: 'PartialObjectMetadata',
    metadata: { name: 'w1' },
  })
  t.match(ask('/api/v1/nodes?includeObject=Object', TABLE).body.rows[0].object, { spec: { unschedulable: true } })
  t.match(ask('/api/v1/nodes/nobody', TABLE), { status: 404, body: { kind: 'Status' } })
  t.match(ask('/api/v1/nodes').body, { kind: 'NodeList' }, 'and to nobody else')

  const watch = api.react({ method: 'GET', target: '/api/v1/nodes?watch=1', contentType: '', text: '', accept: TABLE })
  if (watch.kind !== 'watch') throw new Error(watch.kind)
  const stop = new AbortController()
  const lines: string[] = []
  const ended = watch.run((line) => lines.push(line), stop.signal)
  stop.abort()
  await ended
  t.match(JSON.parse(lines[0] ?? ''), { type: 'ADDED', object: { kind: 'Table', rows: [{ cells: ['w1'] }] } })
})

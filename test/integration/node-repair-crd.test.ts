import { request } from 'node:https'
import t from 'tap'
import { createLedger, REPAIRS_PATH } from '../../src/kube/store/repairs.ts'
import { nodeRepairOrders } from '../contract/node-repair-orders.ts'
import { nodeRepairRules } from '../contract/node-repair-rules.ts'
import { type ControlPlane, startControlPlane } from '../lab/control-plane.ts'
import { httpTo } from '../support/kube/api.ts'
import { bendCrd, installCrd, type Manifest, removeCrd, shippedCrd } from '../support/kube/crd.ts'
import { attempt, spec, status } from '../support/kube/repairs.ts'

const { signal } = new AbortController()
const plane = await startControlPlane()
t.teardown(() => plane.stop())
const http = await httpTo({ kubeconfig: plane.kubeconfig })
const ledger = createLedger({ http })
await installCrd(plane, await shippedCrd())

t.test('the API server refuses what the rules forbid, by every way in', async (t) => {
  await nodeRepairRules(t, http, { real: true })
})

t.test('the API server takes orders for the own machine only', async (t) => {
  await nodeRepairOrders(t, http)
})

t.test('kubectl get nr shows node, phase, rung, the last attempt, reason and age', async (t) => {
  const repair = await ledger.create('worker-1-0b1e3c52-1', spec(), signal)
  const fresh = await tableOf(plane, `${REPAIRS_PATH}/${repair.name}`)
  t.same(fresh.columns, ['Name', 'Node', 'Phase', 'Rung', 'Attempt', 'Reason', 'Age'])
  t.match(fresh.cells, ['worker-1-0b1e3c52-1', 'worker-1', null, null, null, null, String])
  const first = await ledger.writeStatus(repair, status({ attempts: [], rung: undefined, phase: 'Pending' }), signal)
  t.match((await tableOf(plane, `${REPAIRS_PATH}/${repair.name}`)).cells[4], null)
  await ledger.writeStatus(first, status({ attempts: [attempt(1), attempt(2), attempt(3)] }), signal)
  const { cells } = await tableOf(plane, `${REPAIRS_PATH}/${repair.name}`)
  t.match(cells, ['worker-1-0b1e3c52-1', 'worker-1', 'Acting', 'reboot-hard', 3, 'Issued', String])
  t.match(await plane.request('GET', '/apis/heald.dev/v1alpha1'), {
    body: {
      resources: [{ name: 'noderepairs', namespaced: false, shortNames: ['nr'] }, { name: 'noderepairs/status' }],
    },
  })
})

t.test(
  'the probe of the shipped CRD says usable, even over what a crash left, and leaves nothing behind',
  async (t) => {
    const before = (await ledger.list(signal)).objects.length
    t.same(await ledger.probe(signal), { usable: true, reason: 'Ok' })
    const left = {
      apiVersion: 'heald.dev/v1alpha1',
      kind: 'NodeRepair',
      metadata: { name: 'heald-probe-left' },
      spec: spec(),
    }
    await plane.must('POST', REPAIRS_PATH, left)
    t.equal((await ledger.list(signal)).objects.length, before, 'the scratch object is no repair')
    t.same(await ledger.probe(signal), { usable: true, reason: 'Ok' })
    t.notOk(await hasProbes(), 'the one of the crash is gone, too')
    await plane.must('POST', REPAIRS_PATH, {
      ...left,
      metadata: { name: 'heald-probe-held', finalizers: ['an/other'] },
    })
    t.same(await ledger.probe(signal), { usable: true, reason: 'Ok' }, 'a foreign finalizer holds nothing up')
    const body = { metadata: { finalizers: null } }
    await http.request(
      { method: 'PATCH', path: `${REPAIRS_PATH}/heald-probe-held`, body, contentType: 'application/merge-patch+json' },
      signal,
    )
    t.notOk(await hasProbes())
  },
)

async function hasProbes(): Promise<boolean> {
  const { items } = await plane.must('GET', REPAIRS_PATH)
  return items.some((one: Manifest) => one.metadata.name.startsWith('heald-probe'))
}

const schemaOf = (crd: Manifest): Manifest => crd.spec.versions[0].schema.openAPIV3Schema

// All but the one that compares status.epoch with spec.epoch: it guards no stored status.
const RULES: readonly [string, (schema: Manifest) => Manifest[], number][] = [
  ['status can go', (schema) => schema['x-kubernetes-validations'], 0],
  ['the spec can change', (schema) => schema.properties.spec['x-kubernetes-validations'], 0],
  ['the epoch can fall', (schema) => schema.properties.status['x-kubernetes-validations'], 0],
  ['a finished repair can change', (schema) => schema.properties.status['x-kubernetes-validations'], 1],
  ['attempts can go', (schema) => schema.properties.status['x-kubernetes-validations'], 2],
  [
    'a finished attempt can change',
    (schema) => schema.properties.status.properties.attempts.items['x-kubernetes-validations'],
    0,
  ],
]

for (const [what, rulesOf, index] of RULES) {
  t.test(`a CRD under which ${what} does not fence`, async (t) => {
    const crd = await shippedCrd()
    const [rule] = rulesOf(schemaOf(crd)).splice(index, 1)
    t.type(rule.rule, 'string')
    await bendCrd(plane, withoutEmptyRules(crd))
    t.same(await ledger.probe(signal), { usable: false, reason: 'CrdDoesNotFence' })
    t.notOk(await hasProbes())
  })
}

t.test('a CRD of an older shape, without a field that we store, prunes', async (t) => {
  const inStatus = await shippedCrd()
  delete schemaOf(inStatus).properties.status.properties.attempts.items.properties.order.properties.bootMark
  await bendCrd(plane, inStatus)
  t.same(await ledger.probe(signal), { usable: false, reason: 'CrdPrunes' })
  const inSpec = await shippedCrd()
  delete schemaOf(inSpec).properties.spec.properties.zone
  await bendCrd(plane, inSpec)
  t.same(await ledger.probe(signal), { usable: false, reason: 'CrdPrunes' })
})

t.test('a CRD that refuses what we store, or keeps no status of its own, is not usable', async (t) => {
  const strict = await shippedCrd()
  schemaOf(strict).properties.status.properties.phase.enum = ['Pending', 'Acting']
  await bendCrd(plane, strict)
  t.same(await ledger.probe(signal), { usable: false, reason: 'CrdRefuses' })
  const whole = await shippedCrd()
  delete whole.spec.versions[0].subresources
  await bendCrd(plane, whole)
  t.same(await ledger.probe(signal), { usable: false, reason: 'CrdDoesNotFence' })
  t.notOk(await hasProbes())
})

t.test('garbage that an older CRD let in parks its node alone, and the other repairs are read', async (t) => {
  const loose = await shippedCrd()
  loose.spec.versions[0].schema.openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  await bendCrd(plane, loose)
  const whole = { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair' }
  await plane.must('POST', REPAIRS_PATH, {
    ...whole,
    metadata: { name: 'a' },
    spec: { nodeName: 'worker-9', role: 'boss' },
  })
  await plane.must('POST', REPAIRS_PATH, { ...whole, metadata: { name: 'b' }, spec: 'nonsense' })
  const good = await ledger.create('c', spec(), signal)
  const { objects: repairs, unreadable } = await ledger.list(signal)
  t.same(
    repairs.filter(({ name }) => ['a', 'b', 'c'].includes(name)),
    [good],
  )
  t.match(unreadable, [
    { name: 'a', about: 'worker-9', why: /^spec\./ },
    { name: 'b', about: undefined, why: /^spec: / },
  ])
  await t.rejects(ledger.get('a', signal), /NodeRepair a: can't be read: spec\./)
})

t.test('without the CRD the probe says so', async (t) => {
  await removeCrd(plane)
  t.same(await ledger.probe(signal), { usable: false, reason: 'CrdMissing' })
})

function withoutEmptyRules(crd: Manifest): Manifest {
  return JSON.parse(JSON.stringify(crd), (key, value) =>
    key === 'x-kubernetes-validations' && value.length === 0 ? undefined : value,
  )
}

/** The server-side table that kubectl prints. */
function tableOf(plane: ControlPlane, path: string): Promise<{ columns: string[]; cells: unknown[] }> {
  const headers = {
    authorization: `Bearer ${plane.token}`,
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  }
  return new Promise((resolve, reject) => {
    request(`${plane.url}${path}`, { headers, ca: plane.ca, agent: false }, async (response) => {
      const table = JSON.parse((await response.toArray()).join(''))
      const columns = table.columnDefinitions.map((column: { name: string }) => column.name)
      resolve({ columns, cells: table.rows[0].cells })
    })
      .once('error', reject)
      .end()
  })
}

import t from 'tap'
import { crdOf } from '../../../src/kube/crd/crd.ts'
import { NODE_REPAIR } from '../../../src/kube/crd/node-repair.ts'
import { createLedger } from '../../../src/kube/store/repairs.ts'
import { checksOf } from '../../../src/simulator/api/store/rules.ts'
import { embeddedApi } from '../../support/kube/api.ts'
import { spec, status } from '../../support/kube/repairs.ts'

const { signal } = new AbortController()
const NEW_RULE = { name: 'new', where: 'status', rule: 'self.epoch < 1000', message: 'is new' }
const DEFINITION = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/noderepairs.heald.dev'

t.test('each rule of the CRD has a function in the embedded API; one without fails at start', async (t) => {
  t.equal(checksOf(NODE_REPAIR.rules).size, NODE_REPAIR.rules.length)
  t.throws(() => checksOf([...NODE_REPAIR.rules, NEW_RULE]), /rule new: has no function here/)
})

t.test('the rules that count are those of the CRD as it is applied; an unknown one refuses', async (t) => {
  const { api, http } = await embeddedApi(t)
  const ledger = createLedger({ http })
  const apply = (rules: typeof NODE_REPAIR.rules | readonly (typeof NEW_RULE)[]): unknown =>
    api.call('PATCH', DEFINITION, { spec: crdOf({ ...NODE_REPAIR, rules }).spec }, { contentType: MERGE })

  apply(NODE_REPAIR.rules.filter(({ name }) => name !== 'epoch-never-falls') as never)
  const loose = await ledger.writeStatus(await ledger.create('a', spec(), signal), status({ epoch: 9 }), signal)
  t.match(await ledger.writeStatus(loose, status({ epoch: 8 }), signal), { status: { epoch: 8 } })
  t.same(await ledger.probe(signal), { usable: false, reason: 'CrdDoesNotFence' })

  apply([NEW_RULE])
  await t.rejects(ledger.writeStatus(await ledger.create('b', spec(), signal), status(), signal), /is new/)
})

const MERGE = 'application/merge-patch+json'

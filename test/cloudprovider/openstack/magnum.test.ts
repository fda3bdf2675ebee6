import t from 'tap'
import { reasonOf } from '../../../src/cloudprovider/openstack/survey/report.ts'
import { Stage } from '../../support/openstack/openstack-drive.ts'

const never = new AbortController().signal
const WELL = { healthy: true, nodes: new Map([['a', { ready: true }]]) }
const ILL = {
  healthy: false,
  nodes: new Map([
    ['a', { ready: true }],
    ['b', { ready: false, reason: `it's "dead"` }],
  ]),
}

t.test("the label and the cluster's state switch heald, as the reference has it", async (t) => {
  const stage = new Stage()
  const { magnum } = stage.cloud
  for (const [status, label, on] of [
    ['CREATE_COMPLETE', 'true', true],
    ['UPDATE_COMPLETE', 'True', true],
    ['UPDATE_FAILED', '1', true],
    ['UPDATE_IN_PROGRESS', 'true', false],
    ['CREATE_FAILED', 'true', false],
    ['DELETE_COMPLETE', 'true', false],
    ['CREATE_COMPLETE', 'false', false],
    ['CREATE_COMPLETE', undefined, false],
  ] as const) {
    magnum.status = status
    magnum.labels = label === undefined ? {} : { auto_healing_enabled: label }
    const found = await stage.provider().switch!(never)
    t.equal(found.on, on, `${status} ${label}: ${found.reason}`)
  }
  stage.more = { requireAutoHealingLabel: false }
  t.match(await stage.provider().switch!(never), { on: true })
  stage.more = {}
  magnum.stackId = 'kube-ab1c2'
  t.match(await stage.provider().switch!(never), { on: true }, 'the drivers on Cluster API take absence for yes')
})

t.test('a stranger to the stack is warned once that Heat would hand him its trust', async (t) => {
  const stage = new Stage()
  stage.cloud.magnum.userId = 'somebody-else'
  const provider = stage.provider()
  await provider.switch!(never)
  await provider.switch!(never)
  t.equal(stage.kept.lines.filter((line) => line.includes('trust of a stack')).length, 1)
})

t.test('health is told on a change and every five minutes: three times in ten quiet minutes', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  for (let second = 0; second <= 600; second += 15) {
    await provider.report!(WELL, never)
    stage.advance(15_000)
  }
  t.ok(stage.cloud.mutations().length <= 3)
  t.match(stage.cloud.magnum, { health: 'HEALTHY', healthReason: { nodes: '1' } })
  stage.advance(10_000)
  await provider.report!(ILL, never)
  t.equal(stage.cloud.mutations().length, 1, 'our own telling makes the record no younger')
  t.match(stage.cloud.magnum, { health: 'UNHEALTHY', healthReason: { nodes: '2', 'b.Ready': `it's "dead"` } })
})

t.test('health never races a resize: not while anything updates, nor while the record is young', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  const { magnum } = stage.cloud
  magnum.status = 'UPDATE_IN_PROGRESS'
  await provider.report!(WELL, never)
  magnum.status = 'UPDATE_FAILED'
  await provider.report!(WELL, never)
  magnum.status = 'UPDATE_COMPLETE'
  magnum.groups[1]!.status = 'UPDATE_IN_PROGRESS'
  await provider.report!(WELL, never)
  magnum.groups[1]!.status = 'UPDATE_COMPLETE'
  magnum.updatedAt = new Date(stage.clock.now() - 30_000).toISOString()
  await provider.report!(WELL, never)
  t.same(stage.cloud.mutations(), [])
  magnum.updatedAt = new Date(stage.clock.now() - 90_000).toISOString()
  await provider.report!(WELL, never)
  t.equal(stage.cloud.mutations().length, 1, 'it was only put off')
})

t.test('a refusal is a warning and nothing more, and is not repeated at once', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  stage.cloud.trouble = ({ method }) =>
    method === 'PATCH' ? { status: 403, body: { errors: [{ detail: 'no' }] } } : undefined
  await provider.report!(WELL, never)
  await provider.report!(WELL, never)
  t.equal(stage.cloud.seen.filter(({ method }) => method === 'PATCH').length, 1)
  t.equal(stage.kept.lines.filter((line) => line.includes('did not take the health')).length, 1)
  stage.cloud.trouble = () => 'cut-before'
  await provider.report!(ILL, never)
})

t.test('the drivers on Cluster API keep the health themselves', async (t) => {
  const stage = new Stage()
  stage.cloud.magnum.stackId = 'kube-ab1c2'
  await stage.provider().report!(WELL, never)
  t.same(stage.cloud.mutations(), [])
})

t.test('of a large sick cluster the first nodes are named and the rest counted', async (t) => {
  const nodes = new Map(Array.from({ length: 500 }, (_, at) => [`n${at}`, { ready: false }] as const))
  const reason = reasonOf({ healthy: false, nodes })
  t.equal(Object.keys(reason).length, 202)
  t.match(reason, { more: '300', nodes: '500' })
  t.ok(Object.values(reason).every((value) => typeof value === 'string'))
})

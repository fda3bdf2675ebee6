import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Json } from '../../../src/core/model/primitives.ts'
import { at, Stage } from '../../support/openstack/openstack-drive.ts'

const never = new AbortController().signal
const WITHOUT = { replaceMastersWithoutEtcdVolume: true }

t.test('mark, stop, update the stack: Heat makes exactly that server anew, under its name', async (t) => {
  const stage = new Stage(WITHOUT)
  const server = stage.cloud.servers('master')[1]!
  const before = stage.cloud.servers('master').map(({ id }) => id)
  const end = await stage.drive([await stage.order(server, 'replace')])
  t.match(end, {
    state: 'done',
    replacement: { nodeName: server.name, instance: { name: server.name, group: 'default-master' } },
  })
  const sent = stage.cloud.mutations()
  t.match(sent, [
    /PATCH heat .*kube-master .*"mark_unhealthy":true/,
    /POST nova .*os-stop/,
    /PATCH heat \/stacks\/c1-abc\/[-0-9a-f]+ \{\}$/,
  ])
  const after = stage.cloud.servers('master').map(({ id }) => id)
  t.same(
    before.filter((id) => !after.includes(id)),
    [server.id],
  )
  t.equal(stage.cloud.servers('node').length, 3)
})

t.test('a master that boots from a volume gets a new one', async (t) => {
  const stage = new Stage(WITHOUT)
  const server = stage.cloud.servers('master')[0]!
  const root = randomUUID()
  Object.assign(server, { image: '', volumes: [{ volumeId: root, device: '/dev/vda' }] })
  const { slot } = stage.cloud.heat.slotOf(server.id)!
  slot.leaves.push({
    name: 'kube_node_volume',
    type: 'OS::Cinder::Volume',
    physical: root,
    status: 'CREATE_COMPLETE',
    reason: '',
  })
  t.match(await stage.drive([await stage.order(server, 'replace')]), { state: 'done' })
  t.match(stage.cloud.mutations().slice(0, 2), [/kube-master .*true/, /kube_node_volume .*true/])
  t.not(slot.leaves[1]!.physical, root)
})

t.test('given up after any step, no mark is left in the stack and the master runs', async (t) => {
  for (const given of ['mark', 'marked', 'stop', 'stopping', 'update', 'begin']) {
    const stage = new Stage(WITHOUT)
    const server = stage.cloud.servers('master')[0]!
    const order = await stage.order(server, 'replace')
    let last: Json | undefined
    await stage
      .drive([order], (cursor) => {
        last = cursor
        if (at(cursor) === given) throw new Error('given up here')
      })
      .catch(() => undefined)
    t.equal(at(last), given)
    t.match(await stage.abandon([order], last), { state: 'done' }, given)
    const { slots } = stage.cloud.heat.stacks.get(stage.cloud.magnum.stackId)!
    t.notOk(
      slots.some(({ leaves }) => leaves.some(({ status }) => status === 'CHECK_FAILED')),
      'no mark',
    )
    t.same(
      stage.cloud.servers('master').map(({ status }) => status),
      ['ACTIVE', 'ACTIVE', 'ACTIVE'],
    )
  }
})

t.test("somebody else's mark is not taken back", async (t) => {
  const stage = new Stage(WITHOUT)
  const server = stage.cloud.servers('master')[0]!
  const order = await stage.order(server, 'replace')
  const { slot } = stage.cloud.heat.slotOf(server.id)!
  Object.assign(slot.leaves[0]!, { status: 'CHECK_FAILED', reason: 'Mark resource unhealthy by autohealing service' })
  t.match(await stage.abandon([order], { at: 'marked' }), { state: 'done' })
  t.equal(slot.leaves[0]!.status, 'CHECK_FAILED')
  t.same(stage.cloud.mutations(), [])
})

t.test('an update that fails is told; then the mark is taken back and the master started', async (t) => {
  const stage = new Stage(WITHOUT)
  stage.cloud.heat.outcome = 'failed'
  const server = stage.cloud.servers('master')[0]!
  const order = await stage.order(server, 'replace')
  let last: Json | undefined
  const end = await stage.drive([order], (cursor) => {
    last = cursor
  })
  t.match(end, { state: 'failed', reason: /^UpdateFailed: No valid host/, effect: 'maybe' })
  t.match(await stage.abandon([order], last), { state: 'done' })
  t.match(stage.cloud.mutations().slice(-2), [/"mark_unhealthy":false/, /os-start/])
  t.equal(server.status, 'ACTIVE')
})

t.test('a master that cannot be stopped is not replaced: two could write to one etcd volume', async (t) => {
  const stage = new Stage(WITHOUT)
  stage.cloud.nova.deadHost = true
  const end = await stage.drive([await stage.order(stage.cloud.servers('master')[0]!, 'replace')])
  t.match(end, { state: 'failed', reason: 'NotStopped', effect: 'maybe' })
  t.notOk(
    stage.cloud.mutations().some((one) => one.endsWith(' {}')),
    'the stack was left alone',
  )
})

t.test(
  'a stack that somebody else updates meanwhile is waited for; what failed in it meanwhile stops the replacement',
  async (t) => {
    const stage = new Stage(WITHOUT)
    const server = stage.cloud.servers('master')[0]!
    const stack = stage.cloud.heat.stacks.get(stage.cloud.magnum.stackId)!
    const order = await stage.order(server, 'replace')
    let refused = 0
    stage.cloud.trouble = ({ method, path, body }) => {
      if (method !== 'PATCH' || !path.includes(stack.id) || JSON.stringify(body) !== '{}' || refused > 0)
        return undefined
      refused += 1
      stack.status = 'UPDATE_IN_PROGRESS'
      stage.cloud.nova.later(() => {
        stack.status = 'UPDATE_COMPLETE'
      })
      return undefined
    }
    t.match(await stage.drive([order]), { state: 'done' }, 'after a 409 of the old engine')
    t.equal(refused, 1)

    const other = new Stage(WITHOUT)
    const second = await other.order(other.cloud.servers('master')[0]!, 'replace')
    const end = await other.drive([second], (cursor) => {
      if (at(cursor) === 'stopping')
        other.cloud.heat.stacks.get(other.cloud.magnum.stackId)!.slots[4]!.leaves[0]!.status = 'CHECK_FAILED'
    })
    t.match(end, { state: 'failed', reason: 'StackHasOtherFailures', effect: 'maybe' })
  },
)

t.test('two masters are never in one step', async (t) => {
  const stage = new Stage(WITHOUT)
  const [a, b] = stage.cloud.servers('master')
  const orders = [await stage.order(a!, 'replace'), await stage.order(b!, 'replace')]
  t.match(await stage.provider().step(orders, undefined, never), {
    state: 'failed',
    effect: 'none',
    reason: /OneMasterAtATime/,
  })
})

import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Json } from '../../../src/core/model/primitives.ts'
import { at, Stage } from '../../support/openstack/openstack-drive.ts'

const never = new AbortController().signal
const resizes = (sent: readonly string[]) => sent.filter((one) => one.includes('/actions/resize'))

t.test(
  'stop, then one resize to the very count, naming the server and the group; done names the new one',
  async (t) => {
    const stage = new Stage()
    const server = stage.cloud.servers('node')[1]!
    const before = stage.cloud.servers('node').map(({ id }) => id)
    const end = await stage.drive([await stage.order(server, 'replace')])
    t.match(end, { state: 'done', replacement: { nodeName: 'c1-abc-node-3', instance: { group: 'default-worker' } } })
    const [stop, resize, ...more] = stage.cloud.mutations()
    t.match(stop, /POST nova .*os-stop/)
    const group = stage.cloud.magnum.groups[1]!
    t.match(resize, JSON.stringify({ node_count: 3, nodes_to_remove: [server.id], nodegroup: group.uuid }))
    t.same(more, [])
    const after = stage.cloud.servers('node').map(({ id }) => id)
    t.same(
      before.filter((id) => !after.includes(id)),
      [server.id],
      'nobody else went',
    )
    t.equal(group.count, 3)
  },
)

t.test('the count is the one of that moment: an autoscaler may have changed it since the last look', async (t) => {
  const stage = new Stage()
  const order = await stage.order(stage.cloud.servers('node')[0]!, 'replace')
  const group = stage.cloud.magnum.groups[1]!
  let resizing = false
  stage.cloud.trouble = ({ service, path }) => {
    if (!resizing || service !== 'heat' || !path.endsWith('/resources') || group.count !== 3) return undefined
    group.count = 4
    stage.cloud.heat.addSlot(group.stack, 'kube_minions')
    return undefined
  }
  await stage.drive([order], (cursor) => {
    resizing = at(cursor) === 'resize'
  })
  t.match(resizes(stage.cloud.mutations()), [/"node_count":4/])
  t.equal(stage.cloud.servers('node').length, 4)
})

t.test('while somebody else resizes the cluster, no second resize is sent', async (t) => {
  const stage = new Stage()
  const { magnum } = stage.cloud
  const order = await stage.order(stage.cloud.servers('node')[0]!, 'replace')
  stage.cloud.trouble = ({ path }) => {
    if (path.endsWith('/actions/resize')) t.match(magnum.status, /_COMPLETE$/)
    return undefined
  }
  let scaled = false
  const end = await stage.drive([order], (cursor) => {
    if (at(cursor) !== 'stopping' || scaled) return
    scaled = true
    magnum.handle('POST', `/clusters/${magnum.uuid}/actions/resize`, 10, { node_count: 4 })
  })
  t.match(
    end,
    { state: 'done', replacement: { nodeName: 'c1-abc-node-4' } },
    "its own successor, not the autoscaler's new node",
  )
  t.match(resizes(stage.cloud.mutations()), [/"node_count":4/])
})

t.test('several due workers of a group go in one resize, and each is told its successor', async (t) => {
  const stage = new Stage()
  const [a, b] = stage.cloud.servers('node')
  const orders = [await stage.order(a!, 'replace'), await stage.order(b!, 'replace')]
  const end = await stage.drive(orders)
  const sent = stage.cloud.mutations()
  t.equal(resizes(sent).length, 1)
  t.match(resizes(sent)[0], new RegExp(`${a!.id}.*${b!.id}|${b!.id}.*${a!.id}`))
  t.equal(sent.length, 3, 'two stops and a resize')
  t.equal(end.state, 'done')
  if (end.state !== 'done') return
  const names = Object.values(end.replacements ?? {}).map(({ nodeName }) => nodeName)
  t.same(names.sort(), ['c1-abc-node-3', 'c1-abc-node-4'])
  t.same(Object.keys(end.replacements ?? {}).sort(), orders.map(({ key }) => key).sort())
  t.same(
    await stage.drive([...orders].reverse().map((order) => order)).then(({ state }) => state),
    'done',
    'a late repeat is done',
  )
})

t.test('a resize that the conductor takes up late is waited for, and not sent twice', async (t) => {
  const stage = new Stage()
  stage.cloud.magnum.lagTicks = 15
  const end = await stage.drive([await stage.order(stage.cloud.servers('node')[0]!, 'replace')])
  t.equal(end.state, 'done')
  t.equal(resizes(stage.cloud.mutations()).length, 1)
})

t.test('a leader that dies between the resize and its answer: the successor finds it by reading', async (t) => {
  const stage = new Stage()
  const order = await stage.order(stage.cloud.servers('node')[0]!, 'replace')
  let cursor: Json | undefined
  while (at(cursor) !== 'resize') {
    const result = await stage.provider().step([order], cursor, never)
    if (result.state !== 'running') return t.fail('ended early')
    cursor = result.cursor
    await stage.clock.sleep(result.againMs)
  }
  stage.cloud.trouble = ({ path }) => (path.endsWith('/actions/resize') ? 'cut-after' : undefined)
  await t.rejects(stage.provider().step([order], cursor, never), {
    name: 'ProviderError',
    kind: 'unavailable',
    effect: 'maybe',
  })
  stage.cloud.trouble = () => undefined
  t.equal(resizes(stage.cloud.mutations()).length, 1)
  for (let looks = 0; looks < 20; looks++) {
    const found = await stage.provider().recover([order], cursor, never)
    if (found.state === 'done') {
      t.match(found, { replacement: { nodeName: 'c1-abc-node-3' } })
      return t.same(stage.cloud.mutations(), [])
    }
    if (found.state === 'failed') return t.fail(found.reason)
    cursor = found.cursor
    await stage.clock.sleep(1_000)
  }
  t.fail('never found')
})

t.test('an id that Magnum ignores without a word is tried once by its place, then left to a person', async (t) => {
  const stage = new Stage()
  const { heat } = stage.cloud
  const server = stage.cloud.servers('node')[0]!
  const resize = heat.resize.bind(heat)
  heat.resize = (stack, count, remove) => {
    // Heat before 2019 knows only addresses and places.
    resize(stack, count, remove)
    heat.outcome = 'ok'
    if (remove.includes(server.id)) stack.slots[3]!.leaves[0]!.physical = server.id
  }
  heat.outcome = 'ignored'
  const end = await stage.drive([await stage.order(server, 'replace')])
  t.match(end, { state: 'done', replacement: { nodeName: 'c1-abc-node-3' } })
  t.match(resizes(stage.cloud.mutations()), [new RegExp(server.id), /"nodes_to_remove":\["0"\]/])

  const stubborn = new Stage()
  stubborn.cloud.heat.outcome = 'ignored'
  const order = await stubborn.order(stubborn.cloud.servers('node')[0]!, 'replace')
  let last: Json | undefined
  t.match(
    await stubborn.drive([order], (cursor) => {
      last = cursor
    }),
    { state: 'failed', reason: 'ResizeIgnored', effect: 'maybe' },
  )
  t.equal(resizes(stubborn.cloud.mutations()).length, 2)
  t.match(await stubborn.abandon([order], last), { state: 'done' })
  t.equal(stubborn.cloud.servers('node')[0]!.status, 'ACTIVE', 'what we stopped runs again')
})

t.test('an update that fails is told with its reason, and the server that is still there runs again', async (t) => {
  const stage = new Stage()
  stage.cloud.heat.outcome = 'failed'
  const order = await stage.order(stage.cloud.servers('node')[0]!, 'replace')
  let last: Json | undefined
  const end = await stage.drive([order], (cursor) => {
    last = cursor
  })
  t.match(end, { state: 'failed', reason: /^UpdateFailed: No valid host/, effect: 'maybe' })
  t.match(await stage.abandon([order], last), { state: 'done' })
  t.equal(stage.cloud.servers('node')[0]!.status, 'ACTIVE')
  stage.cloud.heat.outcome = 'ok'
  t.match(
    await stage.drive([await stage.order(stage.cloud.servers('node')[0]!, 'replace')]),
    { state: 'done' },
    'from UPDATE_FAILED it goes on',
  )
})

t.test('a resize that Magnum refuses ends the attempt with the reason', async (t) => {
  const stage = new Stage()
  const order = await stage.order(stage.cloud.servers('node')[0]!, 'replace')
  let last: Json | undefined
  const end = await stage.drive([order], (cursor) => {
    last = cursor
    if (at(cursor) === 'resize') stage.cloud.magnum.groups[1]!.max = 2
  })
  t.match(end, { state: 'failed', reason: /^Refused: .*outside the allowed range/, effect: 'maybe' })
  t.match(await stage.abandon([order], last), { state: 'done' })
  t.equal(stage.cloud.servers('node')[0]!.status, 'ACTIVE')
})

t.test(
  "volumes of pods come off only when the machine is off, the stack's and the root never; given up, they come back",
  async (t) => {
    const stage = new Stage()
    const server = stage.cloud.servers('node')[0]!
    const [root, data, pod] = [randomUUID(), randomUUID(), randomUUID()]
    server.image = ''
    server.volumes = [
      { volumeId: root, device: '/dev/vda' },
      { volumeId: data, device: '/dev/vdb' },
      { volumeId: pod, device: '/dev/vdc' },
    ]
    const { slot } = stage.cloud.heat.slotOf(server.id)!
    for (const [name, id] of [
      ['kube_node_volume', root],
      ['docker_volume', data],
    ] as const) {
      slot.leaves.push({ name, type: 'OS::Cinder::Volume', physical: id, status: 'CREATE_COMPLETE', reason: '' })
    }
    const order = await stage.order(server, 'replace')
    let last: Json | undefined
    const end = await stage.drive([order], (cursor) => {
      last = cursor
      if (at(cursor) === 'detach') t.equal(server.status, 'SHUTOFF', 'off first')
    })
    t.equal(end.state, 'done', JSON.stringify(last))
    t.same(
      stage.cloud
        .mutations()
        .filter((one) => one.startsWith('DELETE'))
        .map((one) => one.split(' ')[2]),
      [`/servers/${server.id}/os-volume_attachments/${pod}`],
    )

    const other = new Stage()
    const again = other.cloud.servers('node')[0]!
    again.volumes = [{ volumeId: pod, device: '/dev/vdb' }]
    const second = await other.order(again, 'replace')
    let at9: Json | undefined
    await other
      .drive([second], (cursor) => {
        if (at(cursor) !== 'resize') return
        at9 = cursor
        throw new Error('given up here')
      })
      .catch(() => undefined)
    t.same(again.volumes, [], 'taken off')
    t.match(await other.abandon([second], at9), { state: 'done' })
    t.match(again, { status: 'ACTIVE', volumes: [{ volumeId: pod }] })
  },
)

t.test('a worker that does not stop in time is replaced all the same', async (t) => {
  const stage = new Stage()
  stage.cloud.nova.deadHost = true
  const server = stage.cloud.servers('node')[0]!
  server.volumes = [{ volumeId: randomUUID(), device: '/dev/vdb' }]
  const end = await stage.drive([await stage.order(server, 'replace')])
  t.equal(end.state, 'done')
  t.notOk(
    stage.cloud.seen.some(({ method }) => method === 'DELETE'),
    'no volume is taken from a machine that may still write to it',
  )
  t.equal(stage.cloud.mutations().filter((one) => one.includes('os-stop')).length, 1, 'asked to stop once')
})

t.test('of several that do not stop, each is asked to before the first is waited for', async (t) => {
  const stage = new Stage()
  stage.cloud.nova.deadHost = true
  const [a, b] = stage.cloud.servers('node')
  const end = await stage.drive([await stage.order(a!, 'replace'), await stage.order(b!, 'replace')])
  t.equal(end.state, 'done')
  const sent = stage.cloud.mutations()
  t.match(sent, [new RegExp(`${a!.id}.*os-stop`), new RegExp(`${b!.id}.*os-stop`), /resize/])
})

t.test('a token that ends in the middle of a replacement costs one more, and nothing else', async (t) => {
  const stage = new Stage()
  const provider = stage.provider()
  const order = await stage.order(stage.cloud.servers('node')[0]!, 'replace')
  let cursor: Json | undefined
  for (let steps = 0; steps < 50; steps++) {
    if (at(cursor) === 'resize') stage.cloud.tokens.clear()
    const before = stage.cloud.tokens.size
    const result = await provider.step([order], cursor, never)
    if (at(cursor) === 'resize') t.equal(stage.cloud.tokens.size - before, 1)
    if (result.state !== 'running') {
      t.equal(result.state, 'done')
      return t.equal(resizes(stage.cloud.mutations()).length, 1)
    }
    cursor = result.cursor
    await stage.clock.sleep(result.againMs)
  }
  t.fail('no end')
})

import t from 'tap'
import { at, Stage } from '../../support/openstack/openstack-drive.ts'

const never = new AbortController().signal

t.test('a reboot that is under way already is waited for, whoever asked for it', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  const order = await stage.order(server, 'reboot-soft')
  stage.cloud.nova.handle('POST', `/servers/${server.id}/action`, { reboot: { type: 'SOFT' } })
  t.match(await stage.drive([order]), { state: 'done' })
  t.same(stage.cloud.mutations(), [])
})

t.test('somebody reboots between our look and our act: the 409 is no failure', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  const order = await stage.order(server, 'reboot-soft')
  let raced = false
  stage.cloud.trouble = ({ method, service }) => {
    if (method !== 'POST' || service !== 'nova' || raced) return undefined
    raced = true
    stage.cloud.nova.handle('POST', `/servers/${server.id}/action`, { reboot: { type: 'SOFT' } })
    return undefined
  }
  t.match(await stage.drive([order]), { state: 'done' })
  t.equal(server.actions.filter(({ action }) => action === 'reboot').length, 1)
})

t.test('a server that is no longer what was ordered is not touched', async (t) => {
  for (const [status, rung, reason] of [
    ['SHUTOFF', 'reboot-soft', 'ShutOff'],
    ['ERROR', 'reboot-soft', 'IsError'],
    ['ERROR', 'start', 'IsError'],
    ['RESCUE', 'reboot-hard', 'IsRescue'],
  ] as const) {
    const stage = new Stage()
    const server = stage.cloud.servers('node')[0]!
    const order = await stage.order(server, rung)
    server.status = status
    t.match(await stage.drive([order]), { state: 'failed', reason, effect: 'none' }, `${rung} of ${status}`)
    t.same(stage.cloud.mutations(), [])
  }
})

t.test('a server that switches off again after its start is told so', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  Object.assign(server, { status: 'SHUTOFF', power: 4 })
  const order = await stage.order(server, 'start')
  const end = await stage.drive([order], (cursor) => {
    if (at(cursor) === 'start' && server.task === null) Object.assign(server, { status: 'SHUTOFF', power: 4 })
  })
  t.match(end, { state: 'failed', reason: 'StoppedAgain', effect: 'maybe' })
  t.equal(stage.cloud.mutations().length, 1)
})

t.test('several orders of a reboot in one step, or of two rungs, are refused', async (t) => {
  const stage = new Stage()
  const [a, b] = stage.cloud.servers('node')
  const soft = await stage.order(a!, 'reboot-soft')
  await t.rejects(
    stage.provider().step([soft, { ...soft, instance: { id: b!.id, name: b!.name } }], undefined, never),
    { name: 'ProviderError', kind: 'invalid', effect: 'none' },
  )
  await t.rejects(stage.provider().step([soft, { ...soft, rung: 'start' }], undefined, never), {
    name: 'ProviderError',
    kind: 'invalid',
    effect: 'none',
  })
  await t.rejects(stage.provider().step([soft], 'not ours', never), {
    name: 'ProviderError',
    kind: 'invalid',
    effect: 'none',
  })
  t.same(stage.cloud.mutations(), [])
})

t.test('the console is kept, without what looks like a secret', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  Object.assign(server, { console: 'panic\npassword=Zebra77\n', status: 'ERROR', fault: 'No valid host' })
  const evidence = await stage.provider().capture!({ id: server.id, name: server.name }, never)
  t.match(evidence, { summary: /is ERROR: No valid host/, console: /panic/ })
  t.notMatch(evidence.console, /Zebra77/)
})

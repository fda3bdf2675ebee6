import t from 'tap'
import { at, Stage } from '../../support/openstack/openstack-drive.ts'

const TOLD = { replaceClusterApiWorkers: true }

function begin(more: object = TOLD): Stage {
  const stage = new Stage(more)
  Object.assign(stage.cloud.magnum, { stackId: 'kube-ab1c2', labels: { auto_healing_enabled: 'false' } })
  return stage
}

const bodies = (stage: Stage) => stage.cloud.mutations().map((one) => JSON.parse(one.slice(one.indexOf('{'))) as object)

t.test('one machine more, and when it runs one less, by name; nothing is stopped, Heat is not asked', async (t) => {
  const stage = begin()
  const [server, ...others] = stage.cloud.servers('node')
  const end = await stage.drive([await stage.order(server!, 'replace')], (cursor) => {
    if (at(cursor) === 'shrink') t.equal(stage.cloud.servers('node').length, 4, 'the new one is there first')
  })
  t.match(end, { state: 'done', replacement: { nodeName: 'c1-abc-node-3', instance: { group: 'default-worker' } } })
  const nodegroup = stage.cloud.magnum.groups[1]!.uuid
  t.same(bodies(stage), [
    { node_count: 4, nodes_to_remove: [], nodegroup },
    { node_count: 3, nodes_to_remove: [server!.id], nodegroup },
  ])
  for (const { id } of others) t.ok(stage.cloud.nova.servers.has(id))
  t.notOk(stage.cloud.seen.some(({ service }) => service === 'heat'))
})

t.test('several go in the same two resizes, and each is told its own successor', async (t) => {
  const stage = begin()
  const [a, b] = stage.cloud.servers('node')
  const end = await stage.drive([await stage.order(a!, 'replace'), await stage.order(b!, 'replace')])
  t.match(bodies(stage), [{ node_count: 5 }, { node_count: 3, nodes_to_remove: [a!.id, b!.id] }])
  const names = end.state === 'done' ? Object.values(end.replacements ?? {}).map(({ nodeName }) => nodeName) : []
  t.same(names.sort(), ['c1-abc-node-3', 'c1-abc-node-4'])
})

t.test('a machine that goes by itself in between is not made up for by a healthy one', async (t) => {
  const stage = begin()
  const server = stage.cloud.servers('node')[0]!
  const end = await stage.drive([await stage.order(server, 'replace')], (cursor) => {
    if (at(cursor) === 'growing') stage.cloud.nova.servers.delete(server.id)
  })
  t.match(end, { state: 'failed', reason: /^ReplacedByOther/, effect: 'maybe' })
  t.match(bodies(stage), [{ node_count: 4 }])
})

t.test('a count that somebody else has changed in between ends the attempt', async (t) => {
  const stage = begin()
  const end = await stage.drive([await stage.order(stage.cloud.servers('node')[0]!, 'replace')], (cursor) => {
    if (at(cursor) === 'shrink') stage.cloud.magnum.groups[1]!.count = 7
  })
  t.match(end, { state: 'failed', reason: /^CountChanged: the group has 7 nodes, and had 3/, effect: 'maybe' })
  t.equal(bodies(stage).length, 1)
})

t.test('a resize that the conductor takes up late is waited for, and one that never comes is given up', async (t) => {
  const stage = begin()
  stage.cloud.magnum.lagTicks = 15
  t.match(await stage.drive([await stage.order(stage.cloud.servers('node')[0]!, 'replace')]), { state: 'done' })
  t.equal(bodies(stage).length, 2)
  const stuck = begin()
  stuck.cloud.magnum.lagTicks = 1e9
  const order = await stuck.order(stuck.cloud.servers('node')[0]!, 'replace')
  const end = await stuck.drive([order], () => stuck.advance(30_000))
  t.match(end, { state: 'failed', reason: 'ResizeNotSeen', effect: 'maybe' })
  t.equal(bodies(stuck).length, 1)
})

const ROWS: readonly (readonly [why: string, verdict: object, upset: (stage: Stage) => void])[] = [
  [
    'heald was not told to',
    { verdict: 'skip', reason: 'LeftToMachineHealthCheck' },
    (stage) => Object.assign(stage, { more: {} }),
  ],
  [
    'the MachineHealthCheck is on',
    { verdict: 'skip', reason: 'LeftToMachineHealthCheck', message: /is not false/ },
    ({ cloud }) => Object.assign(cloud.magnum, { labels: {} }),
  ],
  [
    'the driver ignores names',
    { verdict: 'skip', reason: 'LeftToMachineHealthCheck', message: /driver ignores/ },
    ({ cloud }) => Object.assign(cloud.magnum, { stackId: 'prod-vm5rp3a7jmzx' }),
  ],
  [
    'an autoscaler owns the count',
    { verdict: 'hold', reason: 'AutoscalerOwnsCount' },
    ({ cloud }) => Object.assign(cloud.magnum.labels, { auto_scaling_enabled: 'true' }),
  ],
  [
    'the group has no room',
    { verdict: 'hold', reason: 'CountOutOfBounds' },
    ({ cloud }) => Object.assign(cloud.magnum.groups[1]!, { max: 3 }),
  ],
  [
    'the cluster is busy',
    { verdict: 'hold', reason: 'ClusterNotReady' },
    ({ cloud }) => Object.assign(cloud.magnum, { status: 'UPDATE_IN_PROGRESS' }),
  ],
]

for (const [why, verdict, upset] of ROWS) {
  t.test(`${why}: no worker is replaced, and it is still rebooted`, async (t) => {
    const stage = begin()
    const server = stage.cloud.servers('node')[0]!
    t.match(await stage.plan(server, 'replace'), { verdict: 'ok' }, 'before')
    const order = await stage.order(server, 'replace')
    upset(stage)
    t.match(await stage.plan(server, 'replace'), verdict)
    t.match(await stage.drive([order]), { state: 'failed', effect: 'none' })
    t.same(stage.cloud.mutations(), [])
    t.match(await stage.plan(server, 'reboot-soft'), { verdict: 'ok' })
  })
}

t.test('a master is never replaced by resizes', async (t) => {
  const stage = begin()
  const verdict = { verdict: 'skip', reason: 'LeftToMachineHealthCheck', message: /control plane/ }
  t.match(await stage.plan(stage.cloud.servers('master')[0]!, 'replace'), verdict)
})

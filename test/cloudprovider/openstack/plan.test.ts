import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Stage } from '../../support/openstack/openstack-drive.ts'
import { leaf } from '../../support/openstack/openstack-heat.ts'

t.test('every state of a server has its rungs', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  const rungs = ['start', 'reboot-soft', 'reboot-hard', 'replace'] as const
  for (const [status, task, expected] of [
    ['ACTIVE', null, ['skip', 'ok', 'ok', 'ok']],
    ['SHUTOFF', null, ['ok', 'skip', 'skip', 'ok']],
    ['ERROR', null, ['skip', 'skip', 'ok', 'ok']],
    ['PAUSED', null, ['skip', 'skip', 'ok', 'ok']],
    ['SUSPENDED', null, ['skip', 'skip', 'ok', 'ok']],
    ['REBOOT', 'rebooting', ['hold', 'hold', 'hold', 'hold']],
    ['BUILD', 'spawning', ['hold', 'hold', 'hold', 'hold']],
    ['MIGRATING', 'migrating', ['hold', 'hold', 'hold', 'hold']],
    ['RESIZE', 'resize_migrating', ['hold', 'hold', 'hold', 'hold']],
    ['VERIFY_RESIZE', null, ['hold', 'hold', 'hold', 'hold']],
    ['RESCUE', null, ['hold', 'hold', 'hold', 'hold']],
    ['SHELVED_OFFLOADED', null, ['hold', 'hold', 'hold', 'hold']],
    ['SOMETHING_NEW', null, ['hold', 'hold', 'hold', 'hold']],
  ] as const) {
    Object.assign(server, { status, task })
    const verdicts: unknown[] = []
    for (const rung of rungs) verdicts.push((await stage.plan(server, rung))?.verdict)
    t.same(verdicts, expected, `${status} ${task ?? ''}`)
  }
})

t.test('a reboot that has hung for 5 min may be forced, and the machine replaced', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  Object.assign(server, { status: 'REBOOT', task: 'rebooting', updated: new Date(Date.now() - 400_000).toISOString() })
  t.match(await stage.plan(server, 'reboot-soft'), { verdict: 'skip', reason: 'TaskStuck' })
  t.match(await stage.plan(server, 'reboot-hard'), { verdict: 'ok' })
  t.match(await stage.plan(server, 'replace'), { verdict: 'ok' })
})

t.test('a server that somebody has locked is left alone', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  server.locked = true
  for (const rung of ['reboot-soft', 'replace'] as const) {
    t.match(await stage.plan(server, rung), { verdict: 'hold', reason: 'ServerLocked' })
  }
})

interface Row {
  readonly reason: string
  readonly role: 'master' | 'node'
  readonly upset: (stage: Stage) => void
}

const slots = ({ cloud }: Stage) => cloud.heat.stacks.get(cloud.magnum.stackId)!.slots
const ROWS: readonly Row[] = [
  {
    reason: 'ClusterNotReady',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.magnum.status = 'UPDATE_IN_PROGRESS'
    },
  },
  {
    reason: 'ClusterNotReady',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.magnum.status = 'DELETE_FAILED'
    },
  },
  {
    reason: 'OrchestrationMissing',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.services = ['nova', 'magnum']
    },
  },
  {
    reason: 'StackInProgress',
    role: 'master',
    upset: ({ cloud }) => {
      cloud.heat.stacks.get(cloud.magnum.stackId)!.status = 'UPDATE_IN_PROGRESS'
    },
  },
  {
    reason: 'StackHasOtherFailures',
    role: 'node',
    upset: (stage) => {
      slots(stage)[1]!.leaves[0]!.status = 'CHECK_FAILED'
    },
  },
  {
    reason: 'StackHasOtherFailures',
    role: 'master',
    upset: (stage) => {
      slots(stage)[4]!.leaves[0]!.status = 'CREATE_FAILED'
    },
  },
  {
    reason: 'NodeGroupUnknown',
    role: 'node',
    upset: (stage) => {
      slots(stage)[3]!.leaves[0]!.physical = randomUUID()
    },
  },
  {
    reason: 'CountOutOfBounds',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.magnum.groups[1]!.max = 2
    },
  },
  {
    reason: 'CountOutOfBounds',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.magnum.groups[1]!.min = 4
    },
  },
  {
    reason: 'CountDiffers',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.magnum.groups[1]!.count = 2
    },
  },
  {
    reason: 'QuotaExhausted',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.nova.limits = { maxTotalInstances: 6, totalInstancesUsed: 6 }
    },
  },
  {
    reason: 'QuotaExhausted',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.nova.limits = { maxTotalRAMSize: 3_100, totalRAMUsed: 3_072 }
    },
  },
  {
    reason: 'RootVolumeUnknown',
    role: 'node',
    upset: ({ cloud }) => {
      cloud.servers('node')[0]!.image = ''
    },
  },
  {
    reason: 'MastersNotRunning',
    role: 'master',
    upset: ({ cloud }) => {
      cloud.servers('master')[2]!.status = 'SHUTOFF'
    },
  },
  {
    reason: 'EtcdDataWouldBeLost',
    role: 'master',
    upset: (stage) => {
      stage.more = {}
    },
  },
  {
    reason: 'EtcdDataWouldBeLost',
    role: 'master',
    upset: (stage) => {
      stage.more = {}
      slots(stage)[0]!.leaves.push(leaf('etcd_volume', 'OS::Cinder::Volume', 'c1-placeholder'))
    },
  },
  {
    reason: 'EtcdVolumeUnusable',
    role: 'master',
    upset: (stage) => {
      slots(stage)[0]!.leaves.push(leaf('etcd_volume', 'OS::Cinder::Volume', randomUUID()))
    },
  },
]

for (const { reason, role, upset } of ROWS) {
  await t.test(`${reason}: a ${role} is not replaced, nothing is sent, and a successor refuses as well`, async (t) => {
    const stage = new Stage({ replaceMastersWithoutEtcdVolume: true })
    const server = stage.cloud.servers(role)[0]!
    t.match(await stage.plan(server, 'replace'), { verdict: 'ok', reason: '' }, 'before')
    const order = await stage.order(server, 'replace')
    upset(stage)
    t.match(await stage.plan(server, 'replace'), { verdict: 'hold', reason })
    t.match(await stage.drive([order]), { state: 'failed', effect: 'none', reason: new RegExp(`^${reason}: `) })
    t.same(stage.cloud.mutations(), [])
    t.match(await stage.plan(server, 'reboot-soft'), { verdict: 'ok' }, 'a reboot is still possible')
  })
}

t.test(
  'a master with a healthy etcd volume may be replaced; without quota limits and with groups that failed above, too',
  async (t) => {
    const stage = new Stage()
    const volume = randomUUID()
    slots(stage)[0]!.leaves.push(leaf('etcd_volume', 'OS::Cinder::Volume', volume))
    stage.cloud.volumes.set(volume, { status: 'in-use', bootable: 'false' })
    stage.cloud.nova.limits = { maxTotalInstances: -1, totalInstancesUsed: 6 }
    stage.cloud.magnum.status = 'UPDATE_FAILED'
    t.match(await stage.plan(stage.cloud.servers('master')[0]!, 'replace'), { verdict: 'ok' })
    stage.cloud.services = ['nova', 'magnum', 'heat']
    t.match(await stage.plan(stage.cloud.servers('master')[0]!, 'replace'), { verdict: 'ok' }, 'Cinder may be missing')
  },
)

t.test(
  'replaces of one cluster exclude each other, workers of one group go together, reboots stand alone',
  async (t) => {
    const stage = new Stage({ replaceMastersWithoutEtcdVolume: true })
    const [a, b] = stage.cloud.servers('node')
    const master = stage.cloud.servers('master')[0]!
    const [first, second, third] = [
      await stage.plan(a!, 'replace'),
      await stage.plan(b!, 'replace'),
      await stage.plan(master, 'replace'),
    ]
    t.equal(first?.lockKey, second?.lockKey)
    t.equal(first?.lockKey, third?.lockKey)
    t.equal(first?.batchKey, second?.batchKey)
    t.ok(first?.batchKey)
    t.equal(third?.batchKey, undefined, 'masters go one by one')
    t.not((await stage.plan(a!, 'reboot-soft'))?.lockKey, (await stage.plan(b!, 'reboot-soft'))?.lockKey)
  },
)

t.test('a Magnum that does not answer holds the replacement, not the reboot', async (t) => {
  const stage = new Stage()
  stage.cloud.trouble = ({ service }) => (service === 'magnum' ? 'cut-before' : undefined)
  const server = stage.cloud.servers('node')[0]!
  t.match(await stage.plan(server, 'replace'), { verdict: 'hold', reason: 'CloudUnavailable' })
  t.match(await stage.plan(server, 'reboot-soft'), { verdict: 'ok' })
  stage.cloud.trouble = ({ service }) => (service === 'magnum' ? { status: 403 } : undefined)
  t.match(await stage.plan(server, 'replace'), { verdict: 'hold', reason: 'CloudUnauthorized' })
})

t.test("a cluster of Cluster API's is known by its stack id: rebooted, never replaced, Heat never asked", async (t) => {
  const stage = new Stage()
  for (const id of ['kube-ab1c2', 'prod-vm5rp3a7jmzx']) {
    stage.cloud.magnum.stackId = id
    const server = stage.cloud.servers('node')[0]!
    t.match(await stage.plan(server, 'replace'), { verdict: 'skip', reason: 'LeftToMachineHealthCheck' })
    t.match(await stage.plan(server, 'reboot-hard'), { verdict: 'ok' })
  }
  t.notOk(stage.cloud.seen.some(({ service }) => service === 'heat'))
})

import t from 'tap'
import { systemClock } from '../../../src/lib/clock.ts'
import { keepLog, OpenStackCloud } from '../../support/openstack/openstack-cloud.ts'

const never = new AbortController().signal
const { log } = keepLog()

function scene() {
  const cloud = new OpenStackCloud()
  const provider = cloud.provider({}, { clock: systemClock, log })
  return { cloud, list: async () => provider.members?.(never) }
}

t.test('all masters and workers are listed, by two requests for each group', async (t) => {
  const { cloud, list } = scene()
  await list()
  cloud.seen.length = 0
  const answer = await list()
  if (answer === undefined || !('members' in answer)) return t.fail(JSON.stringify(answer))
  t.strictSame(
    answer.members.map(({ ref: { id, group }, role, power }) => `${id} ${group} ${role} ${power}`).sort(),
    [...cloud.nova.servers.values()]
      .map(({ id, name }) => {
        const role = name.includes('-master-') ? 'master' : 'worker'
        return `${id} default-${role} ${role} running`
      })
      .sort(),
  )
  t.equal(cloud.seen.length, 4)
})

t.test('a server that somebody deleted keeps its place, as gone', async (t) => {
  const { cloud, list } = scene()
  const [server] = cloud.servers('node')
  cloud.nova.servers.delete(server?.id ?? '')
  const answer = await list()
  const own = answer !== undefined && 'members' in answer ? answer.members : []
  t.match(
    own.find(({ ref }) => ref.id === server?.id),
    { power: 'gone', nodeName: server?.name, role: 'worker' },
  )
})

t.test('while something is under way, or Magnum and Heat disagree, nothing is said', async (t) => {
  const troubles: readonly (readonly [string, (cloud: OpenStackCloud) => void, RegExp])[] = [
    ['the cluster is being made', ({ magnum }) => Object.assign(magnum, { status: 'CREATE_IN_PROGRESS' }), /CREATE_IN/],
    ['it is being deleted', ({ magnum }) => Object.assign(magnum, { status: 'DELETE_IN_PROGRESS' }), /DELETE_IN/],
    ['it was deleted', ({ magnum }) => Object.assign(magnum, { status: 'DELETE_COMPLETE' }), /DELETE_COMPLETE/],
    [
      'a group grows',
      ({ magnum }) => Object.assign(magnum.groups[1] ?? {}, { status: 'UPDATE_IN_PROGRESS' }),
      /UPDATE/,
    ],
    ['Heat has fewer', ({ magnum }) => Object.assign(magnum.groups[1] ?? {}, { count: 4 }), /4 nodes at Magnum and 3/],
    ['Heat is at work', busyHeat, /Heat is at work on/],
    ['it is Cluster API', ({ magnum }) => Object.assign(magnum, { stackId: 'kube-ab1c2' }), /Cluster API/],
  ]
  for (const [when, break_, says] of troubles) {
    const { cloud, list } = scene()
    break_(cloud)
    t.match(await list(), { unsure: says }, when)
  }
})

t.test('a list that Nova cuts short is no list', async (t) => {
  const { cloud, list } = scene()
  cloud.trouble = ({ path }) =>
    path.startsWith('/servers/detail')
      ? { status: 200, body: { servers: [], servers_links: [{ rel: 'next' }] } }
      : undefined
  await t.rejects(list(), { message: /cut short/ })
})

function busyHeat({ heat }: OpenStackCloud): void {
  for (const { slots } of heat.stacks.values())
    for (const leaf of slots[0]?.leaves ?? []) leaf.status = 'UPDATE_IN_PROGRESS'
}

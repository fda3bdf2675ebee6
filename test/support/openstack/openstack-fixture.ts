import type { NodeFacts } from '../../../src/core/model/node.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { CloudFixture } from '../../contract/cloud-provider.ts'
import { keepLog, type OpenStackCloud } from './openstack-cloud.ts'
import type { FakeServer } from './openstack-nova.ts'

const { log } = keepLog()

/** The machines of one role of a cluster under test: each `create` begins with a new cluster. */
export function fixtureOf(
  cloud: OpenStackCloud,
  word: 'master' | 'node',
  repairs: CloudFixture['repairs'],
  capi = false,
): CloudFixture {
  const serverOf = (node: NodeFacts): FakeServer => cloud.nova.servers.get(node.systemUUID ?? '')!
  return {
    repairs,
    provider: () =>
      cloud.provider(
        { replaceMastersWithoutEtcdVolume: true, replaceClusterApiWorkers: capi },
        { clock: systemClock, log },
      ),
    async create() {
      cloud.reset()
      if (capi) Object.assign(cloud.magnum, { stackId: 'kube-ab1c2', labels: { auto_healing_enabled: 'false' } })
      return cloud.node(cloud.servers(word)[0]!)
    },
    async breakIt(node, fault) {
      const server = serverOf(node)
      if (fault === 'off') Object.assign(server, { status: 'SHUTOFF', power: 4 })
      if (fault === 'paused') Object.assign(server, { status: 'PAUSED', power: 3 })
      if (fault === 'foreign') server.name = 'somebody-elses'
      if (fault !== 'gone') return
      const { stack, slot } = cloud.heat.slotOf(server.id)!
      stack.slots = stack.slots.filter((one) => one !== slot)
      cloud.nova.servers.delete(server.id)
    },
    successor(node) {
      if (cloud.nova.servers.has(node.systemUUID ?? '')) return node
      const servers = cloud.servers(word)
      return cloud.node(servers.find(({ name }) => name === node.name) ?? servers.at(-1)!)
    },
    mutations: async () => cloud.mutations(),
    sleep: async () => cloud.tick(),
  }
}

import t from 'tap'
import { CLUSTER_LABEL } from '../../src/cloudprovider/docker/machine.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type CloudFixture, testCloudProvider } from '../contract/cloud-provider.ts'
import { docker, removeLabelled, SOCKET, watchEvents } from '../support/docker/docker-engine.ts'
import { breakMachine, IMAGE, INIT, idOf, runMachine } from '../support/docker/docker-machines.ts'
import { DOCKER_REPAIRS, dockerProvider } from '../support/docker/docker-provider.ts'
import { startEngineProxy } from '../support/docker/engine-proxy.ts'

const CLUSTER = 'dockertest'
const OTHER = 'dockertest-other'

t.setTimeout(240_000)

async function clean(): Promise<void> {
  for (const cluster of [CLUSTER, OTHER]) await removeLabelled(`${CLUSTER_LABEL}=${cluster}`)
  await removeLabelled('dockertest=bystander')
}

t.test('the Docker provider keeps the contract on a real engine, and touches nobody else', async (t) => {
  await clean()
  t.teardown(clean)
  const proxy = await startEngineProxy(SOCKET)
  t.teardown(() => proxy.close())

  const bystanders = new Set<string>()
  for (const [name, labels] of [
    ['dockertest-nobody', { dockertest: 'bystander' }],
    ['dockertest-neighbour', { dockertest: 'bystander', [CLUSTER_LABEL]: OTHER }],
  ] as const) {
    await docker('POST', `/containers/create?name=${name}`, { Image: IMAGE, Cmd: INIT, Labels: labels })
    await docker('POST', `/containers/${name}/start`)
    bystanders.add(await idOf(name))
  }
  const events = await watchEvents()
  t.teardown(() => events.stop())

  const cloud: CloudFixture = {
    repairs: DOCKER_REPAIRS,
    provider: () => dockerProvider({ socket: proxy.socket, cluster: CLUSTER, stopTimeout: '2s' }),
    create: (name) => runMachine(CLUSTER, name),
    breakIt: (node, fault) => breakMachine(CLUSTER, node.name, fault),
    mutations: async () => proxy.mutations.splice(0),
    sleep: (ms) => systemClock.sleep(Math.min(ms, 20), AbortSignal.timeout(60_000)),
  }
  await testCloudProvider(t, cloud)

  t.ok(events.seen.length > 0, 'the engine told of the acts')
  t.same(
    events.seen.filter((event) => bystanders.has(event.id)),
    [],
    'and of none on containers without our label',
  )
})

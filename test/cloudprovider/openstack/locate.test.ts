import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Stage } from '../../support/openstack/openstack-drive.ts'

const never = new AbortController().signal

t.test('providerID, then systemUUID, then machineID name the server, in any spelling', async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  const node = stage.cloud.node(server)
  const nobody = { ...node, providerID: undefined, systemUUID: undefined, machineID: undefined }
  const provider = stage.provider()
  for (const names of [
    { providerID: `openstack:///${server.id}` },
    { providerID: `openstack://RegionOne/${server.id}` },
    { providerID: `///${server.id}` },
    { systemUUID: server.id.toUpperCase() },
    { machineID: server.id.replaceAll('-', '') },
    // machineID is often somebody else's: it counts only where there is nothing else.
    { providerID: `openstack:///${server.id}`, machineID: randomUUID().replaceAll('-', '') },
  ]) {
    const found = { id: server.id, name: server.name, group: 'default-worker' }
    t.same(await provider.locate({ ...nobody, ...names }, never), { found }, JSON.stringify(names))
  }
  t.match(await provider.locate(nobody, never), { ambiguous: /no providerID, systemUUID or machineID/ })
})

t.test('another cloud, another region, another machine: never touched', async (t) => {
  const stage = new Stage()
  const [server, other] = stage.cloud.servers('node')
  const node = stage.cloud.node(server!)
  const provider = stage.provider()
  for (const [change, why] of [
    [{ providerID: 'aws:///eu-1/i-0abc' }, /none of OpenStack's/],
    [{ providerID: `openstack://Mars/${server!.id}` }, /another region than RegionOne/],
    [{ name: 'somebody', addresses: [] }, /is c1-abc-node-0 with addresses 10\.0\.2\.0, not somebody/],
  ] as const) {
    t.match(await provider.locate({ ...node, ...change }, never), { mismatch: why })
  }
  t.match(await provider.locate({ ...node, systemUUID: other!.id }, never), { ambiguous: /two servers/ })
  const byAddress = { ...node, name: 'other-name', addresses: [{ type: 'InternalIP', address: '10.0.2.0' }] }
  t.match(await provider.locate(byAddress, never), { found: { id: server!.id } })
  const fqdn = { ...node, name: `${server!.name}.novalocal` }
  t.match(await provider.locate(fqdn, never), { found: { id: server!.id } })
})

t.test("a master that Heat replaced keeps its old providerID: the kubelet's own uuid is then the server", async (t) => {
  const stage = new Stage()
  const server = stage.cloud.servers('master')[1]!
  const node = { ...stage.cloud.node(server), providerID: `openstack:///${randomUUID()}` }
  t.match(await stage.provider().locate(node, never), { found: { id: server.id, group: 'default-master' } })
})

t.test('without a label the group comes from the stack, and without both it is not guessed', async (t) => {
  const stage = new Stage()
  const [worker, master] = [stage.cloud.servers('node')[0]!, stage.cloud.servers('master')[0]!]
  const bare = (server: typeof worker) => ({ ...stage.cloud.node(server), labels: {} })
  t.match(await stage.provider().locate(bare(worker), never), { found: { group: 'default-worker' } })
  t.match(await stage.provider().locate(bare(master), never), { found: { group: 'default-master' } })
  stage.cloud.services = ['nova', 'magnum']
  t.match(await stage.provider().locate(bare(worker), never), { found: { group: 'default-worker' } }, 'by its address')
  worker.addresses = ['192.168.0.1']
  const provider = stage.provider()
  const located = await provider.locate(bare(worker), never)
  t.match(located, { found: { group: undefined } })
  if (!('found' in located)) return
  const plans = provider.plan(await provider.inspect(located.found, never))
  t.match(
    plans.find(({ rung }) => rung === 'replace'),
    { verdict: 'hold', reason: 'NodeGroupUnknown' },
  )
  t.match(
    plans.find(({ rung }) => rung === 'reboot-soft'),
    { verdict: 'ok' },
    'a reboot needs no group',
  )
})

t.test(
  'a server that Nova has forgotten keeps its slot while the stack lists it, and only then may be replaced',
  async (t) => {
    const stage = new Stage()
    const server = stage.cloud.servers('node')[0]!
    stage.cloud.nova.servers.delete(server.id)
    const provider = stage.provider()
    const located = await provider.locate(stage.cloud.node(server), never)
    t.match(located, { gone: true, slot: true, state: { ref: { id: server.id, group: 'default-worker' } } })
    if (!('gone' in located) || located.state === undefined) return t.fail('no state')
    t.match(
      provider.plan(located.state).find(({ rung }) => rung === 'replace'),
      { verdict: 'ok' },
    )
    const order = {
      rung: 'replace',
      repair: 'r',
      nodeName: server.name,
      nodeUID: 'u',
      instance: located.state.ref,
      key: 'r/1',
    } as const
    const end = await stage.drive([order])
    t.match(end, { state: 'done', replacement: { nodeName: 'c1-abc-node-3' } })
    t.equal(stage.cloud.mutations().length, 1, 'one resize, and nothing to stop')
    t.match(await stage.provider().locate(stage.cloud.node(server), never), { gone: true, slot: false })
  },
)

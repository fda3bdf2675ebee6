import t, { type Test } from 'tap'
import { asideName } from '../../src/cloudprovider/docker/settings.ts'
import { PROVIDERS } from '../../src/cloudprovider/registry.ts'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { Order, StepResult } from '../../src/core/model/order.ts'
import type { Json } from '../../src/core/model/primitives.ts'
import type { RungName } from '../../src/core/model/rungs.ts'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { docker, inspect, removeLabelled, SOCKET, sh } from '../support/docker/docker-engine.ts'
import { IMAGE, INIT, idOf, nodeOf, runMachine, STUBBORN } from '../support/docker/docker-machines.ts'
import { type EngineProxy, startEngineProxy } from '../support/docker/engine-proxy.ts'

t.setTimeout(240_000)

const CLUSTER = 'dockertest-replace'
const LABEL = 'io.x-k8s.kind.cluster'
const never = new AbortController().signal

async function clean(): Promise<void> {
  await removeLabelled(`${LABEL}=${CLUSTER}`)
  await removeLabelled('dockertest=replace')
  for (const name of ['one', 'two']) await docker('DELETE', `/networks/${CLUSTER}-${name}`).catch(() => undefined)
  await docker('DELETE', `/volumes/${CLUSTER}-kept`).catch(() => undefined)
}

async function open(t: Test, more: object = {}): Promise<{ provider: CloudProvider; proxy: EngineProxy }> {
  const proxy = await startEngineProxy(SOCKET)
  t.teardown(() => proxy.close())
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const options = { socket: proxy.socket, cluster: CLUSTER, stopTimeout: '1s', ...more }
  return { provider: PROVIDERS.get('docker')!.create(options, { clock: systemClock, log }), proxy }
}

async function orderFor(provider: CloudProvider, node: NodeFacts, rung: RungName): Promise<Order> {
  const located = await provider.locate(node, never)
  if (!('found' in located)) throw new Error(JSON.stringify(located))
  const { bootMark } = await provider.inspect(located.found, never)
  const more = bootMark === undefined ? {} : { bootMark }
  return {
    rung,
    repair: 'r',
    nodeName: node.name,
    nodeUID: node.uid,
    instance: located.found,
    key: `${node.name}/1`,
    ...more,
  }
}

/** Steps until the end, or until the cursor names `until`. */
async function drive(provider: CloudProvider, order: Order, until?: string, from?: Json): Promise<StepResult> {
  let cursor = from
  for (let steps = 0; steps < 100; steps++) {
    const result = await provider.step([order], cursor, never)
    if (result.state !== 'running') return result
    cursor = result.cursor
    if (until !== undefined && (cursor as { at: string }).at === until) return result
    await systemClock.sleep(Math.min(result.againMs, 50), never)
  }
  throw new Error(`no end: ${JSON.stringify(cursor)}`)
}

t.before(clean)
t.teardown(clean)

t.test(
  'a replacement has the settings, networks and named volumes of the old machine, and none of its scratch',
  async (t) => {
    const { provider } = await open(t)
    for (const name of ['one', 'two']) await docker('POST', '/networks/create', { Name: `${CLUSTER}-${name}` })
    const node = await runMachine(CLUSTER, 'whole', {
      Env: ['NODE_NAME=whole', 'SPECIAL=a b'],
      Labels: { [LABEL]: CLUSTER, 'io.x-k8s.kind.role': 'worker' },
      Hostname: 'whole-host',
      Volumes: { '/scratch': {} },
      HostConfig: {
        NetworkMode: `${CLUSTER}-one`,
        Binds: [`${CLUSTER}-kept:/kept`, '/etc/hostname:/from-host:ro'],
        CapAdd: ['NET_ADMIN'],
        SecurityOpt: ['seccomp=unconfined'],
        Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/extra', CgroupPermissions: 'rw' }],
        MaskedPaths: [],
      },
      NetworkingConfig: { EndpointsConfig: { [`${CLUSTER}-one`]: { Aliases: ['the-node'] } } },
    })
    await docker('POST', `/networks/${CLUSTER}-two/connect`, { Container: node.name })
    await sh(node.name, 'echo mine > /scratch/file; echo kept > /kept/file; echo lost > /in-the-container')
    const before = await inspect(node.name)
    const scratch = before.Mounts.find((mount) => mount.Destination === '/scratch')?.Name

    const order = await orderFor(provider, node, 'replace')
    const end = await drive(provider, order)
    const after = await inspect(node.name)
    t.same(end, {
      state: 'done',
      replacement: { instance: { id: after.Id, name: node.name, group: CLUSTER }, nodeName: node.name },
    })
    t.not(after.Id, before.Id)
    t.equal(after.State.Status, 'running')
    const { 'dev.heald.replaces': replaces, ...labels } = after.Config.Labels
    t.equal(replaces, before.Id)
    t.same(labels, before.Config.Labels)
    t.same(after.Config.Env, before.Config.Env)
    t.equal(after.Config.Hostname, 'whole-host')
    t.same(after.HostConfig, before.HostConfig, 'capabilities, devices, security, binds')
    t.same(Object.keys(after.NetworkSettings.Networks).sort(), [`${CLUSTER}-one`, `${CLUSTER}-two`])
    t.ok(after.NetworkSettings.Networks[`${CLUSTER}-one`]?.Aliases?.includes('the-node'))
    t.notOk(after.NetworkSettings.Networks[`${CLUSTER}-one`]?.Aliases?.includes(before.Id.slice(0, 12)))
    t.equal(await sh(node.name, 'cat /kept/file'), 'kept')
    t.equal(await sh(node.name, 'ls /scratch; ls /in-the-container 2>/dev/null'), '')
    await t.rejects(inspect(before.Id), /404/, 'the old machine is gone')
    await t.rejects(docker('GET', `/volumes/${scratch}`), /404/, 'its anonymous volume too')
  },
)

t.test('a hostname that nobody chose is not handed down, and a moved tag does not change the image', async (t) => {
  const { provider } = await open(t)
  await docker('POST', `/images/${encodeURIComponent(IMAGE)}/tag?repo=${CLUSTER}&tag=moving`)
  t.teardown(() => docker('DELETE', `/images/${CLUSTER}:moving`).catch(() => undefined))
  const node = await runMachine(CLUSTER, 'plain', { Image: `${CLUSTER}:moving` })
  const before = await inspect(node.name)
  await docker('POST', `/commit?container=${node.name}&repo=${CLUSTER}&tag=moving`)
  t.match(await drive(provider, await orderFor(provider, node, 'replace')), { state: 'done' })
  const after = await inspect(node.name)
  t.equal(after.Image, before.Image)
  t.equal(after.Config.Hostname, after.Id.slice(0, 12))
})

t.test('a name that is taken stops the replacement before it began, and nothing is touched', async (t) => {
  const { provider } = await open(t)
  const node = await runMachine(CLUSTER, 'aside-taken')
  const order = await orderFor(provider, node, 'replace')
  const other = { Image: IMAGE, Cmd: INIT, Labels: { dockertest: 'replace' } }
  await docker('POST', `/containers/create?name=${asideName(order)}`, other)
  const refusal = { name: 'ProviderError', message: /already in use/, kind: 'conflict', effect: 'none' }
  await t.rejects(provider.step([order], undefined, never), refusal)
  t.match(await provider.recover([order], undefined, never), { state: 'failed', effect: 'none' })
  t.match(await inspect(node.name), { Id: order.instance.id, State: { Status: 'running' } })
})

t.test('when somebody takes the name in the middle, it fails aloud and touches neither', async (t) => {
  const { provider, proxy } = await open(t)
  const node = await runMachine(CLUSTER, 'name-taken')
  const order = await orderFor(provider, node, 'replace')
  const at = await drive(provider, order, 'create')
  const other = { Image: IMAGE, Cmd: INIT, Labels: { dockertest: 'replace' } }
  await docker('POST', `/containers/create?name=${node.name}`, other)
  proxy.mutations.length = 0
  const cursor = at.state === 'running' ? at.cursor : undefined
  t.match(await provider.step([order], cursor, never), { state: 'failed', reason: 'NameTaken', effect: 'maybe' })
  t.match(await provider.abandon([order], cursor, never), { state: 'failed', reason: 'NameTaken' })
  t.same(proxy.mutations, [])
  t.match(await inspect(order.instance.id), { State: { Status: 'exited' } }, 'the old machine is still whole')
})

t.test('between rename and create the node is gone, and its place is still there', async (t) => {
  const { provider } = await open(t)
  const node = await runMachine(CLUSTER, 'half')
  const order = await orderFor(provider, node, 'replace')
  await drive(provider, order, 'create')
  t.same(await provider.locate(node, never), { gone: true, slot: true })
  t.match((await provider.inspect(order.instance, never)).ref, { name: node.name }, 'still known by its own name')
})

t.test('a replacement that can not run is never proof enough to remove the old machine', async (t) => {
  const { provider } = await open(t)
  const node = await runMachine(CLUSTER, 'one-shot', {
    Cmd: ['sh', '-c', '[ -e /kept/ran ] && exit 3; touch /kept/ran; sleep 1000'],
    HostConfig: { Binds: [`${CLUSTER}-kept:/kept`] },
  })
  const order = await orderFor(provider, node, 'replace')
  t.match(await drive(provider, order), { state: 'failed', reason: 'ReplacementExited', effect: 'maybe' })
  t.match(await inspect(order.instance.id), { Name: `/${asideName(order)}` })
})

t.test('a container that removes itself when stopped is not replaced', async (t) => {
  const { provider, proxy } = await open(t)
  const node = await runMachine(CLUSTER, 'auto', { HostConfig: { AutoRemove: true } })
  const order = await orderFor(provider, node, 'replace')
  t.match(await provider.step([order], undefined, never), { state: 'failed', reason: 'AutoRemove', effect: 'none' })
  t.same(proxy.mutations, [])
})

t.test('a machine that ignores TERM is rebooted and replaced all the same, each step within 10 s', async (t) => {
  const { provider, proxy } = await open(t, { stopTimeout: '8s' })
  const node = await runMachine(CLUSTER, 'stubborn', { Cmd: STUBBORN })
  const reboot = await orderFor(provider, node, 'reboot-hard')
  const startedAt = performance.now()
  const sent = await provider.step([reboot], undefined, never)
  t.match(sent, { state: 'running', cursor: { at: 'settle' } })
  t.ok(performance.now() - startedAt < 9_000, 'the engine was not waited for to the end')
  const cursor = sent.state === 'running' ? sent.cursor : undefined
  t.same(await provider.recover([reboot], cursor, never), sent, 'and a successor waits too')
  t.match(await drive(provider, reboot, undefined, cursor), { state: 'done' })
  t.equal(proxy.mutations.length, 1, 'with one request')
  t.match(await drive(provider, await orderFor(provider, node, 'replace')), { state: 'done' })
})

t.test('an engine that forgot a restart is helped by a kill and a start', async (t) => {
  const { provider, proxy } = await open(t)
  const node = await runMachine(CLUSTER, 'forgotten')
  const order = await orderFor(provider, node, 'reboot-hard')
  const late = await provider.step([order], { at: 'settle', by: 1 }, never)
  t.match(late, { state: 'running', cursor: { at: 'kill' } })
  t.same(proxy.mutations, [], 'named first, sent afterwards')
  const killed = await provider.step([order], { at: 'kill' }, never)
  t.match(killed, { state: 'running', cursor: { at: 'start' } })
  t.match(await provider.step([order], { at: 'start' }, never), { state: 'done' })
  t.not((await provider.inspect(order.instance, never)).bootMark, order.bootMark)
})

t.test('after the replacement the rejoin command runs inside, once, and its failure is told', async (t) => {
  const good = await open(t, { rejoinCommand: ['sh', '-c', 'echo joined >> /joined'] })
  const node = await runMachine(CLUSTER, 'rejoins')
  const order = await orderFor(good.provider, node, 'replace')
  const at = await drive(good.provider, order, 'rejoin-run')
  const cursor = at.state === 'running' ? at.cursor : undefined
  t.match(await good.provider.recover([order], cursor, never), { state: 'running', cursor: { at: 'rejoin-run' } })
  await good.provider.step([order], cursor, never)
  const found = await good.provider.recover([order], cursor, never)
  const next = found.state === 'running' ? found.cursor : cursor
  await systemClock.sleep(300, never)
  t.match(await good.provider.step([order], next, never), { state: 'done', replacement: { nodeName: node.name } })
  t.equal(await sh(node.name, 'cat /joined'), 'joined')

  const bad = await open(t, { rejoinCommand: ['sh', '-c', 'exit 7'] })
  const other = await runMachine(CLUSTER, 'stays-away')
  const end = await drive(bad.provider, await orderFor(bad.provider, other, 'replace'))
  t.match(end, { state: 'failed', reason: 'RejoinFailed', effect: 'maybe' })

  const slow = await open(t, { rejoinCommand: ['sleep', '1000'], rejoinTimeout: '200ms' })
  const third = await runMachine(CLUSTER, 'hangs')
  const late = await drive(slow.provider, await orderFor(slow.provider, third, 'replace'))
  t.match(late, { state: 'failed', reason: 'RejoinTimeout', effect: 'maybe' })
})

t.test(
  'a node is never taken for a container whose id begins like its name, nor for one of another cluster',
  async (t) => {
    const { provider } = await open(t)
    const node = await runMachine(CLUSTER, 'real')
    const prefix = (await idOf(node.name)).slice(0, 12)
    t.match(await provider.locate(nodeOf(prefix, undefined), never), { gone: true })
    t.match(await provider.locate(nodeOf(node.name, undefined), never), { found: { name: node.name } })
    t.ok('mismatch' in (await provider.locate(nodeOf(node.name, `kind://docker/elsewhere/${node.name}`), never)))
    t.ok('mismatch' in (await provider.locate(nodeOf(node.name, 'openstack:///5ee1'), never)))
  },
)

t.test('the end of the log is captured, bounded and without secrets', async (t) => {
  const { provider } = await open(t)
  const line = 'i=0; while [ $i -lt 400 ]; do echo "line $i of a long story"; i=$((i+1)); done'
  const Cmd = ['sh', '-c', `${line}; echo "kubeadm join --token abcdef.0123456789abcdef"; sleep 1000`]
  const node = await runMachine(CLUSTER, 'talks', { Cmd })
  await systemClock.sleep(300, never)
  const { instance } = await orderFor(provider, node, 'replace')
  const evidence = await provider.capture!(instance, never)
  t.match(evidence.summary, /is running/)
  t.match(evidence.console, /line 399 of a long story/)
  t.notMatch(evidence.console, /0123456789abcdef/)
  t.ok(Buffer.byteLength(evidence.console ?? '') <= 4_096)
})

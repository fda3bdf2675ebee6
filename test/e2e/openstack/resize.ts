import type { Test } from 'tap'
import { startHeald } from '../../lab/heald.ts'
import { type OpenStackLab, startOpenStackLab } from '../../lab/openstack-cluster.ts'
import { openStackConfig } from '../../lab/openstack-heald.ts'
import { type CloudCall, startCloudProxy } from '../../lab/openstack-proxy.ts'
import { finished } from '../../lab/outcome.ts'
import { startProxy } from '../../lab/proxy.ts'
import { until } from '../../lab/until.ts'

const REPLACE = { rung: 'replace', deadline: '120s', verify: '90s', soak: '5s', drain: '0s' }

interface Resize {
  readonly node_count: number
  readonly nodes_to_remove: readonly string[]
}

function isResize({ path }: CloudCall): boolean {
  return path.endsWith('/actions/resize')
}

async function serverId(lab: OpenStackLab, node: string): Promise<string> {
  return (await lab.servers()).get(node)?.id ?? ''
}

async function workerNodes(lab: OpenStackLab): Promise<readonly string[]> {
  const { items } = await lab.must('GET', '/api/v1/nodes')
  const names = items.map((node: { metadata: { name: string } }) => node.metadata.name)
  return names.filter((name: string) => /-node-\d+$/.test(name)).sort()
}

/** What goes wrong with a resize: a leader that dies in it, limits, an id that Magnum does not know, somebody else's resize. */
export async function resizeScenario(t: Test): Promise<void> {
  const lab = await startOpenStackLab({ name: 'os-resize', masters: 3, workers: 3 })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  const config = {
    ...openStackConfig(lab, proxy),
    ...{ gates: { correlatedCause: { window: '0s' }, rate: { perHour: 20 } }, ladder: { worker: [REPLACE] } },
  }
  const heald = await startHeald(lab, { config, replicas: 3 })
  t.teardown(() => heald.stop())
  const resizes = (): readonly Resize[] =>
    proxy.calls.filter((call) => isResize(call)).map(({ body }) => JSON.parse(body))
  const demo = async () => lab.cloud.as('demo')
  const settled = () => until('Magnum is done', async () => /_COMPLETE$/.test((await lab.magnum()).status), 60_000)

  await t.test(
    'a leader killed between the resize and its answer: the successor reads what became of it',
    async (t) => {
      const [worker = ''] = await workerNodes(lab)
      const [id, leader] = [await serverId(lab, worker), await heald.leader()]
      proxy.meddle(async (call, when) => {
        if (when !== 'after' || !isResize(call)) return undefined
        proxy.meddle(undefined)
        await leader.end('SIGKILL')
        return 'cut'
      })
      await lab.fault(worker, 'sticky')
      const repair = await finished(lab, worker)
      t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
      t.equal(repair.status.attempts.length, 1, 'one attempt')
      t.match(resizes(), [{ node_count: 3, nodes_to_remove: [id] }])
      t.equal(resizes().length, 1, 'one resize')
      t.equal((await lab.servers()).size, 6, 'exactly one replacement')
      await settled()
    },
  )

  await t.test('a resize that Magnum refuses is given up: the server runs again, and a person is asked', async (t) => {
    const [worker = ''] = await workerNodes(lab)
    const id = await serverId(lab, worker)
    const group = `/clusters/${lab.clusterId}/nodegroups/default-worker`
    await (await demo()).must('magnum', 'PATCH', group, [{ op: 'replace', path: '/max_node_count', value: 5 }])
    const sent = resizes().length
    proxy.meddle((call, when) => {
      if (when !== 'before' || !isResize(call)) return undefined
      proxy.meddle(undefined)
      return { body: { ...JSON.parse(call.body), node_count: 6 } }
    })
    await lab.fault(worker, 'sticky')
    const parked = await until(
      'a person is asked',
      async () => (await lab.repairs(worker)).find((repair) => repair.status?.phase === 'Parked'),
      120_000,
    )
    t.match(parked.status, { reason: 'NeedsHuman', attempts: [{ state: 'Failed', message: /400.*default-worker/ }] })
    t.equal(resizes().length, sent + 1)
    t.same(await lab.actions(id), ['stop', 'start'], 'what was stopped for it is started')
    t.equal((await lab.servers()).size, 6)
    await lab.cure(worker)
    t.match((await finished(lab, worker)).status, { phase: 'Succeeded', reason: 'ByHand' })
  })

  await t.test('an autoscaler that resizes in between is waited for, and its count is kept', async (t) => {
    // The first one has a repair in its history.
    const worker = (await workerNodes(lab)).at(-1) ?? ''
    const id = await serverId(lab, worker)
    const sent = resizes().length
    proxy.meddle(async (call, when) => {
      if (when !== 'after' || !call.body.includes('os-stop')) return undefined
      proxy.meddle(undefined)
      const { status } = await (await demo()).request('magnum', 'POST', `/clusters/${lab.clusterId}/actions/resize`, {
        node_count: 4,
      })
      t.equal(status, 202)
      return undefined
    })
    await lab.fault(worker, 'sticky')
    t.match((await finished(lab, worker)).status, { phase: 'Succeeded', reason: 'Repaired' })
    t.match(resizes().slice(sent), [{ node_count: 4, nodes_to_remove: [id] }])
    t.equal((await lab.servers()).size, 7, 'the one that was added stays')
    await settled()
    t.equal((await lab.magnum()).node_count, 4)
  })
}

/**
 * Stacks of before Magnum's Stein release know their members by address: the server's id is taken and ignored. This heald
 * reaches its cloud by a forward proxy only.
 */
export async function ignoredScenario(t: Test): Promise<void> {
  const lab = await startOpenStackLab({ name: 'os-ignored', masters: 1, workers: 2, labels: { lab_refs: 'address' } })
  t.teardown(() => lab.stop())
  const proxy = await startCloudProxy()
  t.teardown(() => proxy.close())
  const way = await startProxy()
  t.teardown(() => way.stop())
  const reached = openStackConfig(lab, proxy, { proxy: `http://${way.host}:${way.port}` })
  const heald = await startHeald(lab, { config: { ...reached, ladder: { worker: [REPLACE] } } })
  t.teardown(() => heald.stop())
  const worker = lab.workers.at(-1) ?? ''
  const before = await lab.servers()
  await lab.fault(worker, 'sticky')
  t.match((await finished(lab, worker)).status, { phase: 'Succeeded', reason: 'Repaired' })
  const [first, second, ...more] = proxy.calls.filter(isResize).map(({ body }): Resize => JSON.parse(body))
  t.same(first?.nodes_to_remove, [before.get(worker)?.id], 'by id, which Magnum takes and Heat ignores')
  t.same(second?.nodes_to_remove, [/-(\d+)$/.exec(worker)?.[1]], 'by its index, once')
  t.same(more, [])
  const after = await lab.servers()
  t.notOk(after.has(worker))
  t.equal(after.size, before.size)
  for (const [name, { id }] of before) if (name !== worker) t.equal(after.get(name)?.id, id, `${name} is the same`)
  const asked = way.requests()
  t.ok(asked.length >= proxy.calls.length, 'everything that the cloud was asked came by way of the proxy')
  t.notOk(
    asked.some((line) => line.includes(new URL(lab.url).host)),
    'the API server is asked directly',
  )
}

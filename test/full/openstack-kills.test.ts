import t, { type Test } from 'tap'
import { type Heald, startHeald } from '../lab/heald.ts'
import { startOpenStackLab } from '../lab/openstack-cluster.ts'
import { openStackConfig } from '../lab/openstack-heald.ts'
import { type CloudCall, startCloudProxy } from '../lab/openstack-proxy.ts'
import { finished, type Stored } from '../lab/outcome.ts'
import { until } from '../lab/until.ts'

const REPLACE = { rung: 'replace', deadline: '120s', verify: '90s', soak: '3s', drain: '0s', approval: false }

t.setTimeout(2_400_000)

const lab = await startOpenStackLab({ name: 'os-kills', masters: 3, workers: 1 })
t.teardown(() => lab.stop())
const proxy = await startCloudProxy()
t.teardown(() => proxy.close())
const master = lab.masters.at(-1) ?? ''

const isMark = ({ path, body }: CloudCall): boolean => path.includes('/resources/') && body.includes('true')
const isStop = ({ body }: CloudCall): boolean => body.includes('os-stop')
const isUpdate = ({ service, method, path }: CloudCall): boolean =>
  service === 'heat' && method === 'PATCH' && !path.includes('/resources/')

function start(rung: object = REPLACE): Promise<Heald> {
  const config = {
    ...openStackConfig(lab, proxy, { replaceMastersWithoutEtcdVolume: true }),
    ...{ gates: { rate: { perNode: 50, perHour: 50, perDay: 50 } }, ladder: { master: [rung] } },
  }
  return startHeald(lab, { config, replicas: 2 })
}

async function newest(): Promise<Stored> {
  return (await lab.repairs(master)).at(-1)
}

/** Repairs of earlier tests are in the history. */
async function forget(): Promise<void> {
  for (const { metadata } of await lab.repairs()) {
    const path = `/apis/heald.dev/v1alpha1/noderepairs/${metadata.name}`
    await lab.patch(path, { metadata: { finalizers: null } })
    await lab.request('DELETE', path)
  }
}

async function replacedOnce(
  t: Test,
  kill: { readonly which: (call: CloudCall) => boolean; readonly when: 'before' | 'after' },
) {
  const heald = await start()
  t.teardown(() => heald.stop())
  const before = await lab.servers()
  const [sent, leader] = [proxy.calls.length, await heald.leader()]
  proxy.meddle(async (call, when) => {
    if (when !== kill.when || !kill.which(call)) return undefined
    proxy.meddle(undefined)
    await leader.end('SIGKILL')
    return 'cut'
  })
  await lab.fault(master, 'sticky')
  const repair = await finished(lab, master, 300_000)
  t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
  const taken = proxy.calls.slice(sent).filter(({ status = 0 }) => status > 0 && status < 400)
  t.equal(taken.filter(isUpdate).length, 1, 'one stack update')
  const after = await lab.servers()
  t.equal(after.size, before.size)
  t.not(after.get(master)?.id, before.get(master)?.id)
  for (const [name, { id }] of before)
    if (name !== master) t.equal(after.get(name)?.id, id, `${name} is the same server`)
  t.same(await lab.marked(), [], 'no mark is left')
}

for (const [name, which] of [
  ['the mark', isMark],
  ['the stop', isStop],
  ['the stack update', isUpdate],
] as const) {
  for (const when of ['before', 'after'] as const) {
    t.test(`a leader killed ${when} ${name} of a master's replacement: one replacement all the same`, async (t) => {
      await forget()
      await replacedOnce(t, { which, when })
    })
  }
}

t.test('a replacement given up half-way leaves no mark in Heat, and the master runs again', async (t) => {
  await forget()
  const heald = await start({ ...REPLACE, deadline: '25s' })
  t.teardown(() => heald.stop())
  const before = await lab.servers()
  const sent = proxy.calls.length
  proxy.meddle(async (call, when) => {
    if (when !== 'after' || !isMark(call)) return undefined
    proxy.meddle(undefined)
    // The stop that comes now is taken by Nova's API and done by nobody.
    await lab.cloud.service('freeze', 'nova-compute')
    return undefined
  })
  t.teardown(() => lab.cloud.service('thaw', 'nova-compute'))
  await lab.fault(master, 'sticky')
  await until('the stop is sent', () => proxy.calls.slice(sent).some(isStop), 120_000)
  await new Promise((resolve) => setTimeout(resolve, 45_000))
  await lab.cloud.service('thaw', 'nova-compute')
  await until('it is given up', async () => (await newest())?.status?.phase === 'Parked', 180_000)
  t.same(await lab.marked(), [], 'no mark')
  const after = await lab.servers()
  t.match(after.get(master), { id: before.get(master)?.id, status: 'ACTIVE' })
  t.notOk(proxy.calls.slice(sent).some(isUpdate), 'no stack update')
})

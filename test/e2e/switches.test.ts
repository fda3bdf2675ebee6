import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CLUSTER_LABEL, ROLE_LABEL } from '../../src/cloudprovider/docker/machine.ts'
import { startLab } from '../lab/cluster.ts'
import { NOTHING } from '../lab/engine.ts'
import { CONFIG_MAP, startHeald } from '../lab/heald.ts'
import { until } from '../lab/until.ts'
import { docker } from '../support/docker/docker-engine.ts'
import { IMAGE, INIT } from '../support/docker/docker-machines.ts'

const PROMISED_MS = 2_000
const LIMIT_MS = 180_000

t.setTimeout(600_000)

const folder = mkdtempSync(join(tmpdir(), 'heald-stop-'))
const stopFile = join(folder, 'stop')
t.teardown(() => rmSync(folder, { recursive: true }))
// Without streamed lists, as on API servers before 1.34: everything is listed in pages here.
const apiArgs = ['--feature-gates=WatchList=false']
const lab = await startLab({ name: 'heald-switches', controlPlane: 1, workers: 2, apiArgs })
t.teardown(() => lab.stop())
const locks = { leaderElection: { additionalLocks: ['kube-system/magnum-auto-healer'] } }
const heald = await startHeald(lab, { stopFile, config: locks })
t.teardown(() => heald.stop())
const [first = '', second = ''] = lab.workers
const replica = heald.replicas[0]!

/** Does something and says how long it took until heald went by it. */
// biome-ignore lint/suspicious/noExplicitAny: as the page answers
async function tookMs(act: () => unknown, seen: (status: any) => boolean): Promise<number> {
  await act()
  const startedAt = performance.now()
  await until('heald goes by the switch', async () => seen(await replica.status()), 30_000, 50)
  return Math.round(performance.now() - startedAt)
}

function isPrompt(t: Test, ms: number): void {
  t.comment(`${ms} ms`)
  t.ok(ms <= PROMISED_MS, `acts within 2 s: ${ms} ms`)
}

async function heldBy(node: string): Promise<readonly string[]> {
  const { gates } = await replica.explain(node)
  return gates.filter((gate: { pass: boolean }) => !gate.pass).map((gate: { gate: string }) => gate.gate)
}

async function succeeded(node: string, count: number): Promise<void> {
  const isSo = async () => (await lab.repairs(node)).filter((one) => one.status?.phase === 'Succeeded').length === count
  await until(`the repair of ${node} ends well`, isSo, LIMIT_MS)
}

async function eventsOf(node: string, reason: string): Promise<readonly { series?: { count: number } }[]> {
  const { items } = await lab.must('GET', '/apis/events.k8s.io/v1/namespaces/default/events')
  return items.filter(
    (one: { reason: string; regarding: { name: string } }) => one.reason === reason && one.regarding.name === node,
  )
}

t.test('in a cluster in which nothing else happens, each pause and each end of one acts within 2 s', async (t) => {
  for (let round = 1; round <= 3; round++) {
    const isPaused = ({ switches }: { switches: { paused: { reason?: string } } }) =>
      switches.paused.reason === `${round}`
    isPrompt(t, await tookMs(() => heald.cli('pause', '--reason', `${round}`), isPaused))
    isPrompt(
      t,
      await tookMs(
        () => heald.cli('resume'),
        ({ switches }) => switches.paused === false,
      ),
    )
  }
})

t.test('dry-run: says what it would do, and does nothing', async (t) => {
  isPrompt(
    t,
    await tookMs(
      () => heald.configure({ ...locks, dryRun: true }),
      ({ switches }) => switches.dryRun === true,
    ),
  )
  await lab.faults.kubeletDead(first)
  await until('it says so', async () => (await eventsOf(first, 'WouldRepair')).length === 1, LIMIT_MS)
  await delay(5_000)
  t.same(await lab.repairs(), [])
  t.same(lab.engine.acts(first), NOTHING)
  t.notOk((await lab.node(first)).spec.unschedulable)
})

t.test('a pause holds what is due; dry-run that comes back says the same again, as the same event', async (t) => {
  isPrompt(
    t,
    await tookMs(
      () => heald.cli('pause', '--reason', 'INC-7'),
      ({ switches }) => switches.paused.reason === 'INC-7',
    ),
  )
  isPrompt(
    t,
    await tookMs(
      () => heald.configure(locks),
      ({ switches }) => switches.dryRun === false,
    ),
  )
  await until(`${first} is held`, async () => (await heldBy(first)).includes('Paused'), 30_000)
  t.match(await replica.why(first), /HOLD {2}Paused .*INC-7/)
  await delay(5_000)
  t.same(lab.engine.acts(first), NOTHING)
  await heald.configure({ ...locks, dryRun: true })
  isPrompt(
    t,
    await tookMs(
      () => heald.cli('resume'),
      ({ switches }) => switches.paused === false,
    ),
  )
  const again = async () => (await eventsOf(first, 'WouldRepair'))[0]?.series?.count === 2
  await until('it says so again', again, LIMIT_MS)
})

t.test(
  'a pause with an expiry ends by itself: its end is written beside the untouched text, then the repair begins',
  async (t) => {
    const metadata = { annotations: { 'heald.dev/paused': '20s: upgrade INC-8' } }
    isPrompt(
      t,
      await tookMs(
        () => lab.patch(CONFIG_MAP, { metadata }),
        ({ switches }) => switches.paused.until !== undefined,
      ),
    )
    const pausedAt = performance.now()
    await heald.configure(locks)
    const { annotations } = await until(
      'its end is written',
      async () => {
        const found = (await lab.must('GET', CONFIG_MAP)).metadata
        return 'heald.dev/paused-until' in found.annotations ? found : undefined
      },
      10_000,
    )
    t.equal(annotations['heald.dev/paused'], '20s: upgrade INC-8')
    await until('a repair opens', async () => (await lab.repairs(first)).length > 0, LIMIT_MS, 100)
    t.ok(performance.now() - pausedAt > 18_000, 'not before the end')
    await succeeded(first, 1)
    t.same(lab.engine.acts(first), { ...NOTHING, reboot: 1 })
  },
)

t.test('skip on a node leaves it alone for as long as it is there', async (t) => {
  const skip = (value: string | null) =>
    lab.patch(`/api/v1/nodes/${second}`, { metadata: { annotations: { 'heald.dev/skip': value } } })
  await skip('true')
  const startedAt = performance.now()
  await until('why says it', async () => (await heldBy(second)).includes('OptedOut'), 30_000, 50)
  isPrompt(t, Math.round(performance.now() - startedAt))
  await lab.faults.off(second)
  await until('it is due', async () => (await replica.explain(second)).kind === 'hold', LIMIT_MS)
  await delay(5_000)
  t.same(await heldBy(second), ['OptedOut'])
  t.same(lab.engine.acts(second), NOTHING)
  await skip(null)
  await succeeded(second, 1)
  t.same(lab.engine.acts(second), { ...NOTHING, start: 1 })
})

t.test('the stop-file: this replica neither acts nor leads, and says so', async (t) => {
  isPrompt(
    t,
    await tookMs(
      () => writeFileSync(stopFile, ''),
      ({ switches }) => switches.stopFile === true,
    ),
  )
  await until(
    'it leads no more and says so',
    async () => {
      const status = await replica.status()
      return !status.leader.leading && status.leader.standingAside
    },
    10_000,
    50,
  )
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'
  await until(
    'the Lease is free for others',
    async () => !(await lab.must('GET', lease)).spec.holderIdentity,
    5_000,
    50,
  )
  await lab.faults.off(second)
  await until(
    'it is due',
    async () => (await replica.explain(second)).kind !== 'watch' && !(await lab.isReady(second)),
    LIMIT_MS,
  )
  await delay(8_000)
  t.same(lab.engine.acts(second), { ...NOTHING, start: 1 })
  isPrompt(
    t,
    await tookMs(
      () => rmSync(stopFile),
      ({ switches }) => switches.stopFile === false,
    ),
  )
  await succeeded(second, 2)
  t.same(lab.engine.acts(second), { ...NOTHING, start: 2 })
})

t.test('a broken edit keeps the last good configuration and names line and column; one that works acts', async (t) => {
  const { lastGoodAt } = (await replica.status()).config
  const broken = 'dryRun: perhaps\nladdr: {}\n'
  isPrompt(
    t,
    await tookMs(
      () => heald.configure(broken),
      ({ config }) => config.error !== undefined,
    ),
  )
  const status = await replica.status()
  t.match(status.config.error, /kube-system\/heald-config:1:1: dryRun/)
  t.match(status.config.error, /kube-system\/heald-config:2:1: laddr: .*ladder/)
  t.equal(status.config.lastGoodAt, lastGoodAt)
  t.equal(status.switches.dryRun, false)
  isPrompt(
    t,
    await tookMs(
      () => heald.configure({ ...locks, dryRun: true }),
      ({ config, switches }) => config.error === undefined && switches.dryRun,
    ),
  )
  t.equal(replica.child.exitCode, null)
})

t.test(
  'a machine whose Node was deleted while it is off, and one that never joined, are told and left alone',
  async (t) => {
    const lost = `${lab.name}-lost`
    // biome-ignore lint/suspicious/noExplicitAny: as the page answers
    const missing = async (name: string): Promise<any> =>
      (await replica.status()).missing.find((one: { name: string }) => one.name === name)
    await heald.configure({ ...locks, dryRun: true, nodeStartupTimeout: '5s' })
    const before = lab.engine.acts(first)
    await lab.faults.off(first)
    await lab.must('DELETE', `/api/v1/nodes/${first}`)
    const Labels = { [CLUSTER_LABEL]: lab.name, [ROLE_LABEL]: 'worker' }
    await docker('POST', `/containers/create?name=${lost}`, { Image: IMAGE, Cmd: INIT, Labels })
    t.teardown(() => docker('DELETE', `/containers/${lost}?force=true`))

    t.match(await until('its Node is missed', () => missing(first), LIMIT_MS), { symptom: 'NodeMissing', power: 'off' })
    t.match(await until('it never joined', () => missing(lost), LIMIT_MS), { symptom: 'NeverJoined', power: 'off' })
    t.notOk(await missing(second), 'a machine with a Node is not among them')
    // Told with the next listing, a minute later at most.
    for (const reason of ['NodeMissing', 'NeverJoined']) {
      await until(`${reason} is told`, async () => replica.told(reason).length === 1, 90_000)
    }
    t.same(lab.engine.acts(first), before)

    await docker('POST', `/containers/${first}/start`)
    await until('its Node is back', async () => (await missing(first)) === undefined && lab.isReady(first), LIMIT_MS)
  },
)

t.test('a kubelet that is stopped and started again and again flaps, though it runs at last', async (t) => {
  const limits = { maxAge: '6s', unhealthyDuration: '60s', healthyDuration: '0s' }
  const params = { ...limits, flapping: { changes: 4, window: '10m' } }
  await heald.configure({ ...locks, dryRun: true, healthcheck: { worker: [{ type: 'NodeLease', params }] } })
  const before = lab.engine.acts(second)
  const reasons = async (): Promise<readonly string[]> => {
    const { checks } = await replica.explain(second)
    return checks.map(({ check, reason }: { check: string; reason: string }) => `${check} ${reason}`)
  }
  const isSilent = async () => (await reasons()).includes('NodeLease HeartbeatStale')
  for (const round of ['once', 'twice']) {
    await lab.faults.kubeletDead(second)
    await until(`it falls silent ${round}`, isSilent, 60_000)
    await lab.faults.cured(second)
    await until(`it is back ${round}`, async () => !(await isSilent()), 60_000)
  }
  await until('it flaps', async () => (await reasons()).includes('NodeLease Flapping'), 10_000)
  const { gates } = await replica.explain(second)
  const due = gates.find(({ gate }: { gate: string }) => gate === 'UnhealthyFor')
  t.match(due.message, /Flapping: 4 changes within .* \(HeartbeatStale\): failed for .*, passes now/)
  t.same(lab.engine.acts(second), before)
})

import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Lab, startLab } from '../lab/cluster.ts'
import { NOTHING } from '../lab/engine.ts'
import { EACH_TIME, type Heald, startHeald } from '../lab/heald.ts'
import { until } from '../lab/until.ts'
import { createSilentProxy } from '../support/kube/silent-proxy.ts'

const BLACKOUT_MS = 120_000
const UNHEALTHY_MS = 20_000
const LIMIT_MS = 240_000

t.setTimeout(800_000)
// A cluster of its own for each kind of blackout: both are two minutes long.
t.jobs = 2

const unhealthyDuration = `${UNHEALTHY_MS / 1_000}s`
const check = { type: 'NodeCondition', params: { types: ['Ready'], unhealthyDuration, ...EACH_TIME } }
/** Both workers break, each by itself: what holds them is to be our sight alone. */
const gates = { breaker: { poolPercent: 100, clusterPercent: 100 } }
const config = { gates, healthcheck: { master: [check], worker: [check] } }

interface Blackout {
  readonly lab: Lab
  readonly heald: Heald
  lose(): Promise<void>
  regain(): Promise<void>
}

async function isRepaired(lab: Lab, node: string): Promise<boolean> {
  return (await lab.repairs(node)).some((repair) => repair.status?.phase === 'Succeeded')
}

function timeOf(heald: Heald, reason: string): number {
  return Math.max(...heald.replicas[0]!.told(reason).map(({ time }) => Date.parse(String(time))))
}

/** One worker begins to fail before, one within: neither may be repaired by what was seen before the end. */
async function survives(t: Test, { lab, heald, lose, regain }: Blackout): Promise<void> {
  const replica = heald.replicas[0]!
  const [first = '', second = ''] = lab.workers
  await lab.faults.kubeletDead(first)
  await until(`${first} fails`, async () => (await replica.explain(first)).kind === 'watch', LIMIT_MS, 100)
  t.ok((await replica.explain(first)).checks[0].failingForMs < UNHEALTHY_MS)

  await lose()
  await delay(BLACKOUT_MS / 2)
  await lab.faults.kubeletDead(second)
  await until('it says that it is blind', () => replica.told('SightLost').length === 1, 30_000)
  t.match(await replica.why(first), /HOLD {2}OwnSight +Blind/)
  await delay(BLACKOUT_MS / 2)
  t.same([...lab.masters, ...lab.workers].map(lab.engine.acts), [NOTHING, NOTHING, NOTHING])
  t.equal(replica.child.exitCode, null)

  await regain()
  await until('it sees again', () => replica.told('SightRegained').length === 2, 60_000)
  await until(`${first} is repaired`, () => isRepaired(lab, first), LIMIT_MS)
  const [issued] = replica.told('RungIssued')
  const waitedMs = Date.parse(String(issued?.time)) - timeOf(heald, 'SightRegained')
  t.comment(`first act ${waitedMs} ms after sight came back`)
  t.ok(waitedMs >= UNHEALTHY_MS, 'the clocks began anew')
  await until(`${second} is repaired`, () => isRepaired(lab, second), LIMIT_MS)
  t.same([...lab.masters, ...lab.workers].map(lab.engine.acts), [
    NOTHING,
    { ...NOTHING, reboot: 1 },
    { ...NOTHING, reboot: 1 },
  ])
}

t.test(
  'kube-apiserver down for 2 min: no act, clocks begin anew, what really broke is repaired',
  { buffered: true },
  async (t) => {
    const lab = await startLab({ name: 'heald-blackout', controlPlane: 1, workers: 2 })
    t.teardown(() => lab.stop())
    const heald = await startHeald(lab, { config })
    t.teardown(() => heald.stop())
    const lose = (): Promise<void> => lab.program('kill', 'kube-apiserver')
    await survives(t, { lab, heald, lose, regain: () => lab.program('start', 'kube-apiserver') })
  },
)

t.test(
  'silent watches for 2 min, every packet dropped: no act, clocks begin anew, what really broke is repaired',
  { buffered: true },
  async (t) => {
    const lab = await startLab({ name: 'heald-silence', controlPlane: 1, workers: 2 })
    t.teardown(() => lab.stop())
    const proxy = await createSilentProxy(lab.url)
    t.teardown(() => proxy.close())
    const heald = await startHeald(lab, { config, serverOf: () => ({ url: proxy.url, ca: lab.ca }) })
    t.teardown(() => heald.stop())
    const [lose, regain] = [async () => proxy.silence(), async () => proxy.speak()]
    await survives(t, { lab, heald, lose, regain })
  },
)

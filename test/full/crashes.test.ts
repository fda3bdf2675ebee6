import t, { type Test } from 'tap'
import { startLab } from '../lab/cluster.ts'
import type { Acts } from '../lab/engine.ts'
import { EACH_TIME, type Replica, startHeald } from '../lab/heald.ts'
import { type Call, startMeddling } from '../lab/meddle.ts'
import { finished, isCordoned, ladderOf, type Stored, unmarked } from '../lab/outcome.ts'
import { until } from '../lab/until.ts'

const LIMIT_MS = 240_000

t.setTimeout(3_000_000)

const lab = await startLab({ name: 'heald-crashes' })
t.teardown(() => lab.stop())
const proxies = await startMeddling(lab)
t.teardown(() => proxies.close())

const proof = { deadline: '90s', verify: '120s', soak: '5s', drain: '0s' }
const [REBOOT, REPLACE] = [
  { rung: 'reboot-hard', ...proof },
  { rung: 'replace', ...proof },
]
/** Nothing but what is being looked at holds a repair back: one at a time in a pool is as shipped. */
function configOf(worker: readonly object[], unhealthyDuration = '3s'): object {
  const check = { type: 'NodeCondition', params: { types: ['Ready'], unhealthyDuration, ...EACH_TIME } }
  return {
    docker: { socket: proxies.socket },
    gates: {
      breaker: { poolPercent: 100, clusterPercent: 100 },
      correlatedCause: { window: '0s' },
      rate: { perNode: 100, perHour: 100, perDay: 100 },
    },
    healthcheck: { master: [check], worker: [check] },
    ladder: { worker },
  }
}

const { serverOf } = proxies
const heald = await startHeald(lab, { replicas: 3, serverOf, config: configOf([REBOOT, REPLACE]) })
t.teardown(() => heald.stop())

type Which = (call: Call) => boolean
const status = (call: Call): Stored | undefined =>
  call.to === 'api' && call.method === 'PUT' && call.path.endsWith('/status') ? call.body.status : undefined
const creates: Which = ({ method, path }) => method === 'POST' && path.endsWith('/noderepairs')
const marks: Which = ({ to, method, path, body }) =>
  to === 'api' && method === 'PATCH' && path.startsWith('/api/v1/nodes/') && body?.spec?.unschedulable === true
const unmarks: Which = (call) =>
  call.to === 'api' && call.method === 'PATCH' && call.path.startsWith('/api/v1/nodes/') && !marks(call)
const intends: Which = (call) => status(call)?.attempts?.at(-1)?.state === 'Issued'
const enters =
  (phase: string): Which =>
  (call) =>
    status(call)?.phase === phase
const engine =
  (method: string, act: string): Which =>
  (call) =>
    call.to === 'engine' && call.method === method && call.path.endsWith(act)
const renames = engine('POST', '/rename')
const removes: Which = ({ to, method }) => to === 'engine' && method === 'DELETE'

/** The renewal that fences the act: the first one after the intent was stored. */
function fences(): Which {
  let intended = false
  return (call) => {
    intended ||= intends(call)
    return intended && call.method === 'PUT' && call.path.includes('/leases/')
  }
}

type Point = readonly [name: string, when: 'before' | 'after', which: () => Which]
const REBOOT_POINTS: readonly Point[] = [
  ['the NodeRepair is made', 'before', () => creates],
  ['the NodeRepair is made', 'after', () => creates],
  ['the node is cordoned', 'after', () => marks],
  ['the intent is written', 'before', () => intends],
  ['the intent is written', 'after', () => intends],
  ['the fence is passed', 'after', fences],
  ['the engine restarts it', 'before', () => engine('POST', '/restart')],
  ['the engine restarts it', 'after', () => engine('POST', '/restart')],
  ['the act is written down', 'before', () => enters('Verifying')],
  ['the soak is written down', 'after', () => enters('Soaking')],
  ['the end is written down', 'before', () => enters('Succeeded')],
  ['the end is written down', 'after', () => enters('Succeeded')],
  ['the cordon is lifted', 'before', () => unmarks],
]
const REPLACE_POINTS: readonly Point[] = [
  ['the old container is renamed', 'after', () => renames],
  ['the old container is stopped', 'after', () => engine('POST', '/stop')],
  ['the new container is made', 'before', () => engine('POST', '/create')],
  ['the new container is made', 'after', () => engine('POST', '/create')],
  ['the new container is started', 'after', () => engine('POST', '/start')],
  ['the old container is removed', 'before', () => removes],
]
const FREEZE_POINTS: readonly Point[] = [
  ['the NodeRepair is made', 'after', () => creates],
  ['the intent is written', 'after', () => intends],
  ['the fence is passed', 'after', fences],
  ['the engine restarts it', 'before', () => engine('POST', '/restart')],
  ['the engine restarts it', 'after', () => engine('POST', '/restart')],
  ['the act is written down', 'after', () => enters('Verifying')],
]

let turn = 0
/** A worker that the last cases did not use, and another. */
function nextWorkers(): readonly [string, string] {
  turn += 1
  return [lab.workers[turn % lab.workers.length] ?? '', lab.workers[(turn + 1) % lab.workers.length] ?? '']
}

/** Breaks a worker, and at that point of its repair does something to the leader, whom it returns. */
async function strikes(
  node: string,
  [, when, which]: Point,
  blow: (leader: Replica) => Promise<'cut' | undefined>,
): Promise<Replica> {
  const leader = await heald.leader()
  const isIt = which()
  const struck = new Promise<void>((resolve) => {
    proxies.meddle(async (call, now) => {
      if (now !== when || !isIt(call)) return undefined
      proxies.meddle(undefined)
      resolve()
      return blow(leader)
    })
  })
  await lab.faults.kubeletDead(node)
  await struck
  return leader
}

/** Who leads instead; says how long that took. */
async function successor(t: Test, struck: Replica): Promise<Replica> {
  const from = performance.now()
  const leads = async (): Promise<Replica | undefined> => {
    const living = heald.replicas.filter((one) => one !== struck)
    const pages = await Promise.all(living.map((one) => one.status().catch(() => undefined)))
    return living.find((_, index) => pages[index]?.leader.leading === true)
  }
  const found = await until('another replica leads', leads, 60_000, 100)
  t.comment(`another replica leads ${((performance.now() - from) / 1_000).toFixed(1)} s later`)
  return found
}

interface Known {
  readonly node: string
  readonly repairs: number
  readonly acts: Acts
}

async function known(node: string): Promise<Known> {
  return { node, repairs: (await lab.repairs(node)).length, acts: lab.engine.acts(node) }
}

/** What must hold of each broken node in the end, whatever happened to the leader. */
async function mended(t: Test, { node, repairs, acts }: Known, rung: string): Promise<Stored> {
  const repair = await finished(lab, node, LIMIT_MS, repairs)
  t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
  const sent = ladderOf(repair).filter((attempt) => !attempt.endsWith(' NotSent'))
  t.same(sent, [`${rung} Verified`], 'no rung was climbed because of it')
  await unmarked(lab, node)
  t.notOk(await isCordoned(lab, node), 'the own cordon is gone')
  t.ok(await lab.isReady(node))
  t.equal((await lab.repairs(node)).length, repairs + 1, 'one repair')
  const now = lab.engine.acts(node)
  const since = { reboot: now.reboot - acts.reboot, create: now.create - acts.create, start: now.start - acts.start }
  const one = rung === 'replace' ? { reboot: 0, create: 1, start: 0 } : { reboot: 1, create: 0, start: 0 }
  t.same(since, one, 'one act')
  return repair
}

async function killedAt(t: Test, point: Point, rung: string): Promise<void> {
  const [node] = nextWorkers()
  const before = await known(node)
  const struck = await strikes(node, point, async (leader) => {
    await leader.end('SIGKILL')
    return 'cut'
  })
  await successor(t, struck)
  await mended(t, before, rung)
  await heald.restart(struck)
}

async function frozenAt(t: Test, point: Point): Promise<void> {
  const [node, other] = nextWorkers()
  const before = [await known(node), await known(other)] as const
  const struck = await strikes(node, point, async (leader) => {
    leader.child.kill('SIGSTOP')
    return undefined
  })
  await lab.faults.kubeletDead(other)
  const leads = await successor(t, struck)
  await until('the successor has looked around', async () => (await leads.status()).sight.ledger !== 'NotTried', 60_000)
  struck.child.kill('SIGCONT')
  const [first, second] = [await mended(t, before[0], 'reboot-hard'), await mended(t, before[1], 'reboot-hard')]
  const [one, two] = [first, second].sort((a, b) =>
    a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp),
  )
  t.ok(two.metadata.creationTimestamp >= one.status.finishedAt.slice(0, 19), 'one at a time in a pool')
  await until('the woken one says that it lost the lease', () => struck.told('LeaseLost').length > 0, 30_000)
  await heald.restart(struck)
}

t.test('a leader killed while a node is failing but not yet due: its successor goes on counting', async (t) => {
  await heald.configure(configOf([REBOOT, REPLACE], '60s'))
  const [node] = nextWorkers()
  const before = await known(node)
  await lab.faults.kubeletDead(node)
  const leader = await heald.leader()
  const failingForMs = async (replica: Replica): Promise<number> =>
    (await replica.explain(node)).checks[0].failingForMs ?? 0
  const counted = await until(
    'it has been failing for 20 s',
    async () => {
      const ms = await failingForMs(leader)
      return ms >= 20_000 ? ms : undefined
    },
    120_000,
  )
  await leader.end('SIGKILL')
  const next = await successor(t, leader)
  const soon = await until('the successor counts', () => failingForMs(next), 20_000, 100)
  t.comment(`failing for ${counted} ms before, ${soon} ms after`)
  t.ok(soon >= counted, 'its clock did not start anew')
  await mended(t, before, 'reboot-hard')
  await heald.restart(leader)
  await heald.configure(configOf([REBOOT, REPLACE]))
})

for (const point of REBOOT_POINTS) {
  t.test(`a leader killed ${point[1]} ${point[0]}: one reboot, no more`, (t) => killedAt(t, point, 'reboot-hard'))
}

for (const point of FREEZE_POINTS) {
  t.test(`a leader frozen ${point[1]} ${point[0]}: one reboot, and nothing that its successor forbids`, (t) =>
    frozenAt(t, point),
  )
}

t.test('replacements', async (t) => {
  await heald.configure(configOf([REPLACE]))
  for (const point of REPLACE_POINTS) {
    t.test(`a leader killed ${point[1]} ${point[0]}: one replacement, no more`, (t) => killedAt(t, point, 'replace'))
  }
})

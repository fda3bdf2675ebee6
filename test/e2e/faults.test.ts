import t from 'tap'
import { type Lab, startLab } from '../lab/cluster.ts'
import { startHeald } from '../lab/heald.ts'
import { until } from '../lab/until.ts'

const MARKS = 'heald.dev/marks'
const LIMIT_MS = 240_000
/** What the machines of this lab need after they were made anew; the third worker comes back under another name. */
const JOIN = 'case $NODE_NAME in *-worker-3) echo $NODE_NAME-again >/etc/node-name;; esac; touch /etc/joined'

t.setTimeout(840_000)

// biome-ignore lint/suspicious/noExplicitAny: as the API server answers
async function finished(lab: Lab, node: string): Promise<any> {
  return until(
    `a repair of ${node} ends`,
    async () => (await lab.repairs(node)).find((repair) => repair.status?.finishedAt !== undefined),
    LIMIT_MS,
  )
}

/** The cordon and the marks go a moment after the repair has ended. */
async function unmarked(lab: Lab, node: string): Promise<void> {
  await until(
    `${node} has no mark`,
    async () => !(MARKS in ((await lab.node(node)).metadata.annotations ?? {})),
    30_000,
  )
}

async function isCordoned(lab: Lab, node: string): Promise<boolean> {
  return (await lab.node(node)).spec.unschedulable === true
}

async function bootOf(lab: Lab, node: string): Promise<string> {
  return (await lab.node(node)).status.nodeInfo.bootID
}

function ladderOf(repair: { status: { attempts: { rung: string; state: string }[] } }): readonly string[] {
  return repair.status.attempts.map(({ rung, state }) => `${rung} ${state}`)
}

const lab = await startLab({ name: 'heald-faults', labels: 'heald.dev/pool={name}', mustJoin: true })
t.teardown(() => lab.stop())
const short = { deadline: '60s', soak: '10s' }
const heald = await startHeald(lab, {
  config: {
    // A person's cordon is no reason to leave a node alone here: what becomes of it is what is looked at.
    actOnCordoned: true,
    docker: { rejoinCommand: ['bash', '-c', JOIN] },
    // Each node is its own pool, and the faults are independent though they come together: several repairs at once.
    gates: { correlatedCause: { window: '0s' }, rate: { perHour: 20 } },
    ladder: {
      worker: [
        { rung: 'start', verify: '90s', ...short },
        { rung: 'reboot-hard', verify: '25s', drain: '15s', ...short },
        { rung: 'replace', verify: '120s', ...short },
      ],
    },
  },
})
t.teardown(() => heald.stop())
const [first = '', second = '', third = ''] = lab.workers

t.test('faults that one act cures, each on its own machine', async (t) => {
  t.jobs = 3

  t.test(
    'a kubelet that is dead until a reboot: one reboot, a new boot, soaked, and an earlier cordon stays',
    { buffered: true },
    async (t) => {
      await lab.kubectl('cordon', first)
      const before = await bootOf(lab, first)
      await lab.faults.kubeletDead(first)
      const repair = await finished(lab, first)
      t.match(repair.status, {
        phase: 'Succeeded',
        reason: 'Repaired',
        attempts: [{ rung: 'reboot-hard', state: 'Verified' }],
      })
      t.equal(repair.status.attempts.length, 1)
      t.not(await bootOf(lab, first), before)
      t.ok(await lab.isReady(first))
      t.same(lab.engine.acts(first), { reboot: 1, start: 0, unpause: 0, create: 0 })
      await unmarked(lab, first)
      t.ok(await isCordoned(lab, first), 'a person cordoned it before')
    },
  )

  t.test('a machine that is switched off is started, once, and the own cordon goes', { buffered: true }, async (t) => {
    await lab.faults.off(second)
    const repair = await finished(lab, second)
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
    t.same(ladderOf(repair), ['start Verified'])
    t.same(lab.engine.acts(second), { reboot: 0, start: 1, unpause: 0, create: 0 })
    await unmarked(lab, second)
    t.notOk(await isCordoned(lab, second), 'the cordon was our own')
  })

  t.test('a machine that hangs is woken, once, and a cordon in the middle stays', { buffered: true }, async (t) => {
    await lab.faults.hung(third)
    await until(
      `${third} is soaking`,
      async () => (await lab.repairs(third))[0]?.status?.phase === 'Soaking',
      LIMIT_MS,
      200,
    )
    t.ok(await isCordoned(lab, third), 'our own cordon')
    await lab.kubectl('uncordon', third)
    await unmarked(lab, third)
    await lab.kubectl('cordon', third)
    const repair = await finished(lab, third)
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired', cordon: 'lifted-by-person' })
    t.same(ladderOf(repair), ['start Verified'])
    t.same(lab.engine.acts(third), { reboot: 0, start: 0, unpause: 1, create: 0 })
    await unmarked(lab, third)
    t.ok(await isCordoned(lab, third), 'a person cordoned it in the middle')
  })
})

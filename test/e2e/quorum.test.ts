import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startLab } from '../lab/cluster.ts'
import { NOTHING } from '../lab/engine.ts'
import { startHeald } from '../lab/heald.ts'
import { until } from '../lab/until.ts'

const LIMIT_MS = 180_000

t.setTimeout(600_000)

const lab = await startLab({ name: 'heald-quorum', controlPlane: 3, workers: 2 })
t.teardown(() => lab.stop())
const heald = await startHeald(lab, { replicas: 3 })
t.teardown(() => heald.stop())

// biome-ignore lint/suspicious/noExplicitAny: as the page answers
async function explained(node: string): Promise<any> {
  return (await heald.leader()).explain(node)
}

/** Of the gates that hold the node, by name. */
async function holds(node: string): Promise<ReadonlyMap<string, { have: unknown; need: unknown; message: string }>> {
  const { gates } = await explained(node)
  return new Map(
    gates.filter((gate: { pass: boolean }) => !gate.pass).map((gate: { gate: string }) => [gate.gate, gate]),
  )
}

async function repaired(node: string, count: number): Promise<readonly string[]> {
  const repair = await until(
    `the repair of ${node} ends`,
    async () => (await lab.repairs(node)).filter((one) => one.status?.phase === 'Succeeded')[count - 1],
    LIMIT_MS,
  )
  return repair.status.attempts.map(({ rung, state }: { rung: string; state: string }) => `${rung} ${state}`)
}

const own = (await heald.leader()).nodeName
const [other = '', third = ''] = lab.masters.filter((name) => name !== own)

t.test('the kubelets of 2 of 3 masters die: nobody acts, and why says Quorum with the numbers', async (t) => {
  await Promise.all([lab.faults.kubeletDead(own), lab.faults.kubeletDead(other)])
  for (const node of [own, other]) {
    const isHeld = async () => (await explained(node)).kind === 'hold' && (await holds(node)).has('Quorum')
    await until(`${node} is due and held by Quorum`, isHeld, LIMIT_MS)
    t.match((await holds(node)).get('Quorum'), {
      reason: 'QuorumAtRisk',
      have: { healthyWithout: 1, size: 3 },
      need: { healthyWithout: 2 },
    })
    const text = await (await heald.leader()).why(node)
    t.match(text, /HOLD {2}Quorum +QuorumAtRisk: 3 control-plane nodes, 1 healthy without this one; 2 needed/)
  }
  await delay(15_000)
  t.same(lab.masters.map(lab.engine.acts), [NOTHING, NOTHING, NOTHING])
  t.same(await lab.repairs(), [])
})

t.test(
  'when one returns the other is repaired, though the leader ran on it: another one leads from then on',
  async (t) => {
    await lab.faults.cured(other)
    t.same(await repaired(own, 1), ['reboot-hard Verified'])
    t.same(lab.engine.acts(own), { ...NOTHING, reboot: 1 })
    t.same(lab.engine.acts(other), NOTHING)
    t.not((await heald.leader()).nodeName, own)
  },
)

t.test(
  'a master that is merely switched off is started though the quorum is gone; then the other one is repaired',
  async (t) => {
    await Promise.all([lab.faults.off(other), lab.faults.kubeletDead(third)])
    await until(`${other} is started`, () => lab.engine.acts(other).start === 1, LIMIT_MS)
    t.same(lab.engine.acts(third), NOTHING, 'the quorum was not there yet')
    t.same(await repaired(other, 1), ['start Verified'])
    t.same(await repaired(third, 1), ['reboot-hard Verified'])
    t.same(lab.engine.acts(other), { ...NOTHING, start: 1 })
    t.same(lab.engine.acts(third), { ...NOTHING, reboot: 1 })
    t.same(lab.workers.map(lab.engine.acts), [NOTHING, NOTHING])
  },
)

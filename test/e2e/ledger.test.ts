import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { REPAIRS, startLab } from '../lab/cluster.ts'
import { NOTHING } from '../lab/engine.ts'
import { type Heald, startHeald } from '../lab/heald.ts'
import { until } from '../lab/until.ts'
import { bendCrd, installCrd, removeCrd, shippedCrd } from '../support/kube/crd.ts'

const LIMIT_MS = 180_000
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'

t.setTimeout(800_000)

const lab = await startLab({ name: 'heald-ledger', controlPlane: 1, workers: 3, labels: 'heald.dev/pool={name}' })
t.teardown(() => lab.stop())
/** Each node is its own pool, and faults that come together are independent: several repairs at once. */
function config(approval: boolean): object {
  const proof = { deadline: '60s', verify: '90s', soak: '20s' }
  const worker = [
    { rung: 'start', ...proof },
    { rung: 'reboot-hard', ...proof, approval },
  ]
  const gates = {
    breaker: { clusterPercent: 100 },
    correlatedCause: { window: '0s' },
    rate: { perNode: 10, perHour: 100 },
  }
  return { gates, ladder: { worker } }
}
let heald: Heald = await startHeald(lab, { config: config(false) })
t.teardown(() => heald.stop())
const [first = '', second = '', third = ''] = lab.workers

/** The node's newest repair. */
// biome-ignore lint/suspicious/noExplicitAny: as the API server answers
async function newest(node: string): Promise<any> {
  return (await lab.repairs(node)).at(-1)
}

/** The node's newest repair, once its phase is this one. */
// biome-ignore lint/suspicious/noExplicitAny: as the API server answers
async function phase(node: string, wanted: string): Promise<any> {
  const isThere = async () => {
    const repair = await newest(node)
    return repair?.status?.phase === wanted ? repair : undefined
  }
  return until(`the repair of ${node} is ${wanted}`, isThere, LIMIT_MS, 200)
}

/** Gates that hold the node, with their reasons. */
async function heldBy(node: string): Promise<readonly string[]> {
  const { gates } = await heald.replicas[0]!.explain(node)
  const holding = gates.filter((gate: { pass: boolean }) => !gate.pass)
  return holding.map(({ gate, reason }: { gate: string; reason: string }) => `${gate} ${reason}`)
}

async function isClean(node: string): Promise<boolean> {
  const { metadata, spec } = await lab.node(node)
  return !('heald.dev/marks' in (metadata.annotations ?? {})) && spec.unschedulable !== true
}

t.test('hands that meddle with the ledger in the middle of repairs, each on its own machine', async (t) => {
  t.jobs = 3

  t.test(
    'kubectl delete nr withdraws the repair: marks and cordon go, then the object, and nothing more is done',
    { buffered: true },
    async (t) => {
      await lab.faults.kubeletDead(first)
      const { metadata } = await phase(first, 'Soaking')
      t.same(metadata.finalizers, ['heald.dev/repair'])
      await lab.kubectl('delete', 'nr', metadata.name, '--wait=false')
      await until(
        'it is gone',
        async () => (await lab.request('GET', `${REPAIRS}/${metadata.name}`)).status === 404,
        30_000,
      )
      await until('the node is free', () => isClean(first), 30_000)
      t.equal(heald.replicas[0]!.told('RepairWithdrawn').length, 1)
      await delay(10_000)
      t.same(lab.engine.acts(first), { ...NOTHING, reboot: 1 })
      const kept = await lab.repairs(first)
      t.match(kept, [{ status: { attempts: [{ rung: 'reboot-hard' }] } }], 'what was done is kept in another one')
      t.not(kept[0]?.metadata.name, metadata.name)
    },
  )

  t.test(
    'a write of somebody else in between is noticed, and the repair comes to its end with one act',
    { buffered: true },
    async (t) => {
      await lab.faults.kubeletDead(second)
      const replica = heald.replicas[0]!
      let edits = 0
      await until(
        'a write of heald meets one of ours',
        async () => {
          const name = (await newest(second))?.metadata.name
          if (name === undefined) return false
          await lab.patch(`${REPAIRS}/${name}`, { metadata: { annotations: { note: `${++edits}` } } })
          return replica.told('WriteConflict').some(({ message }) => String(message).includes('409 Conflict'))
        },
        LIMIT_MS,
        0,
      )
      t.match((await phase(second, 'Succeeded')).status, { reason: 'Repaired' })
      t.same(lab.engine.acts(second), { ...NOTHING, reboot: 1 })
    },
  )

  t.test(
    'a Node deleted in the middle that registers again: the repair goes on with the new one',
    { buffered: true },
    async (t) => {
      const before = (await lab.node(third)).metadata.uid
      await lab.faults.kubeletDead(third)
      const { metadata } = await phase(third, 'Verifying')
      await lab.kubectl('delete', 'node', third, '--wait=false')
      const repair = await phase(third, 'Succeeded')
      t.equal(repair.metadata.name, metadata.name)
      t.equal(repair.spec.nodeUID, before)
      t.not(repair.status.nodeUID, before)
      t.equal(repair.status.nodeUID, (await lab.node(third)).metadata.uid)
      t.same(lab.engine.acts(third), { ...NOTHING, reboot: 1 })
      t.ok(await isClean(third))
    },
  )
})

t.test(
  'garbage in an open repair parks its node, the others go on, even when the Lease is deleted meanwhile',
  async (t) => {
    const before = [lab.engine.acts(third), lab.engine.acts(second)] as const
    await Promise.all([lab.faults.kubeletDead(third), lab.faults.kubeletDead(second)])
    const open = await phase(third, 'Soaking')
    const path = `${REPAIRS}/${open.metadata.name}/status`
    const [attempt] = open.status.attempts
    await lab.patch(path, { status: { attempts: [{ ...attempt, cursor: '{garbage' }] } })
    await until('it is named', async () => (await heldBy(third)).includes('LedgerUsable LedgerUnreadable'), 30_000)

    const { status } = await phase(second, 'Soaking')
    await lab.must('DELETE', LEASE)
    const lease = await until(
      'the Lease is held again',
      async () => {
        const { status, body } = await lab.request('GET', LEASE)
        return status === 200 && body.spec.holderIdentity ? body : undefined
      },
      60_000,
    )
    t.ok(lease.spec.leaseTransitions > status.epoch, 'later leaders outrank earlier ones')
    const repaired = await phase(second, 'Succeeded')
    t.ok(repaired.status.epoch > status.epoch)
    t.same(lab.engine.acts(second), { ...before[1], reboot: before[1].reboot + 1 })
    t.equal((await newest(third)).status.phase, 'Soaking')

    await lab.patch(path, { status: { attempts: [{ ...attempt, cursor: null }] } })
    await phase(third, 'Succeeded')
    t.same(lab.engine.acts(third), { ...before[0], reboot: before[0].reboot + 1 })
    await until('both are free', async () => (await isClean(third)) && (await isClean(second)), 30_000)
  },
)

t.test(
  'before the call: a repair waits for an approval; a Node deleted meanwhile and registered again ends it',
  async (t) => {
    const before = [lab.engine.acts(second), lab.engine.acts(third)] as const
    await heald.configure(config(true))
    await until(
      'approval is asked for',
      async () => (await heald.replicas[0]!.status()).config.error === undefined,
      10_000,
    )
    await delay(2_000)
    const uid = (await lab.node(third)).metadata.uid
    await Promise.all([lab.faults.kubeletDead(second), lab.faults.kubeletDead(third)])
    const [waiting, doomed] = [await phase(second, 'Pending'), await phase(third, 'Pending')]
    await until(
      'both are held',
      async () =>
        (await heldBy(second)).includes('Approval NeedsApproval') &&
        (await heldBy(third)).includes('Approval NeedsApproval'),
      LIMIT_MS,
    )

    await lab.kubectl('delete', 'node', third, '--wait=false')
    await until('it says so', async () => (await heldBy(third)).includes('Identity NodeGone'), 30_000)
    await heald.cli('approve', waiting.metadata.name, 'reboot-hard', '--for', '5m')
    t.match((await phase(second, 'Succeeded')).status.attempts, [{ rung: 'reboot-hard', state: 'Verified' }])
    t.same(lab.engine.acts(second), { ...before[0], reboot: before[0].reboot + 1 })

    await lab.faults.cured(third)
    const ended = await phase(third, 'Cancelled')
    t.equal(ended.metadata.name, doomed.metadata.name)
    t.match(ended.status, { reason: 'Recovered', attempts: [] })
    t.not(ended.status.nodeUID, uid)
    t.same(lab.engine.acts(third), before[1])
  },
)

t.test(
  'a CRD that is missing or of an older shape: nobody acts, and why says it; with the right one the repair comes',
  async (t) => {
    const before = lab.engine.acts(first)
    await heald.stop()
    await removeCrd(lab)
    heald = await startHeald(lab, { config: config(false) })
    await lab.faults.kubeletDead(first)
    await until(
      'it says that the CRD is missing',
      async () => (await heald.replicas[0]!.status()).sight.ledger === 'CrdMissing',
      60_000,
    )
    await until('the node is down', async () => !(await lab.isReady(first)), LIMIT_MS)

    const older = await shippedCrd()
    delete older.spec.versions[0].schema.openAPIV3Schema.properties.status['x-kubernetes-validations']
    await installCrd(lab, older)
    await until(
      'it says that the CRD does not fence',
      async () => (await heald.replicas[0]!.status()).sight.ledger === 'CrdDoesNotFence',
      60_000,
    )
    await until('the node is due', async () => (await heldBy(first)).join() === 'LedgerUsable LedgerUnusable', LIMIT_MS)
    const text = (await heald.replicas[0]!.why(first)).replace(/\s+/g, ' ')
    t.match(text, /HOLD LedgerUsable LedgerUnusable: .* \(CrdDoesNotFence\); install the CRD of this version of heald/)
    await delay(8_000)
    t.same(lab.engine.acts(first), before)
    t.same(await lab.repairs(first), [])

    await bendCrd(lab, await shippedCrd())
    await phase(first, 'Succeeded')
    t.same(lab.engine.acts(first), { ...before, reboot: before.reboot + 1 })
  },
)

import t from 'tap'
import { type Lab, startLab } from '../lab/cluster.ts'
import { startHeald } from '../lab/heald.ts'
import { bootOf, finished, isCordoned, ladderOf, unmarked } from '../lab/outcome.ts'
import { until } from '../lab/until.ts'

const LIMIT_MS = 240_000
/** What the machines of this lab need after they were made anew; the third worker comes back under another name. */
const JOIN = 'case $NODE_NAME in *-worker-3) echo $NODE_NAME-again >/etc/node-name;; esac; touch /etc/joined'

t.setTimeout(840_000)

interface Pod {
  readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string }
}

async function runPod(lab: Lab, nodeName: string, name: string): Promise<string> {
  const image = 'docker.io/library/busybox:lab'
  const container = { name: 'main', image, command: ['sleep', '100000'], imagePullPolicy: 'IfNotPresent' }
  const spec = { nodeName, containers: [container], terminationGracePeriodSeconds: 1 }
  const pods = '/api/v1/namespaces/default/pods'
  const { metadata } = await lab.must('POST', pods, { metadata: { name, labels: { app: name } }, spec })
  await until(`${name} runs`, async () => (await lab.must('GET', `${pods}/${name}`)).status.phase === 'Running', 60_000)
  return metadata.uid
}

const lab = await startLab({ name: 'heald-faults', labels: 'heald.dev/pool={name}', mustJoin: true })
t.teardown(() => lab.stop())
const short = { deadline: '60s', soak: '10s' }
const heald = await startHeald(lab, {
  config: {
    // A person's cordon is no reason to leave a node alone here: what becomes of it is what is looked at.
    actOnCordoned: true,
    docker: { rejoinCommand: ['/bin/bash', '-c', JOIN] },
    // Each node is its own pool, and the faults are independent though they come together: several repairs at once.
    gates: { breaker: { clusterPercent: 100 }, correlatedCause: { window: '0s' }, rate: { perHour: 20 } },
    ladder: {
      worker: [
        { rung: 'start', verify: '90s', ...short },
        { rung: 'reboot-hard', verify: '40s', drain: '15s', ...short },
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

t.test('faults that take more than one act, each on its own machine', async (t) => {
  t.jobs = 3
  await lab.kubectl('uncordon', first, third)

  t.test('a fault that survives restarts: one reboot, then one replacement', { buffered: true }, async (t) => {
    const [before, node] = [lab.engine.acts(first), await lab.node(first)]
    const known = (await lab.repairs(first)).length
    await lab.faults.kubeletDeadForGood(first)
    const repair = await finished(lab, first, LIMIT_MS, known)
    t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
    t.same(ladderOf(repair), ['reboot-hard Failed', 'replace Verified'])
    t.same(lab.engine.acts(first), { ...before, reboot: before.reboot + 1, create: 1 })
    t.not(repair.status.replacement.instance.id, repair.spec.instance.id)
    t.not(await bootOf(lab, first), node.status.nodeInfo.bootID)
    t.ok(await lab.isReady(first))
    await unmarked(lab, first)
    t.notOk(await isCordoned(lab, first), 'the cordon was our own')
  })

  t.test(
    'a node whose kubelet answers is drained first: budgets hold until the deadline, nothing is deleted',
    { buffered: true },
    async (t) => {
      const before = lab.engine.acts(second)
      const [kept, free] = [await runPod(lab, second, 'kept'), await runPod(lab, second, 'free')]
      const selector = { matchLabels: { app: 'kept' } }
      await lab.must('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
        metadata: { name: 'kept' },
        spec: { minAvailable: 1, selector },
      })
      const known = (await lab.repairs(second)).length
      await lab.faults.runtimeDead(second)
      const repair = await finished(lab, second, LIMIT_MS, known)
      t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired', drained: 'DrainDeadline' })
      t.match(repair.spec.evidence, [{ plane: 'kubelet', reason: 'KubeletNotReady' }])
      t.same(ladderOf(repair), ['reboot-hard Verified'])
      t.same(lab.engine.acts(second), { ...before, reboot: before.reboot + 1 })
      const pods = (await lab.must('GET', '/api/v1/namespaces/default/pods')).items
      const uids = pods
        .filter((pod: Pod) => pod.metadata.deletionTimestamp === undefined)
        .map((pod: Pod) => pod.metadata.uid)
      t.ok(uids.includes(kept), 'its budget allows no disruption')
      t.notOk(uids.includes(free), 'it was asked to leave')
      await unmarked(lab, second)
    },
  )

  t.test(
    'a replacement that registers under another name is proven under that one, and the old Node goes',
    { buffered: true },
    async (t) => {
      const before = lab.engine.acts(third)
      const known = (await lab.repairs(third)).length
      await lab.faults.kubeletDeadForGood(third)
      const repair = await finished(lab, third, LIMIT_MS, known)
      t.match(repair.status, { phase: 'Succeeded', reason: 'Repaired' })
      t.same(ladderOf(repair), ['reboot-hard Failed', 'replace Verified'])
      t.same(lab.engine.acts(third), { ...before, reboot: before.reboot + 1, create: 1 })
      t.ok(await lab.isReady(`${third}-again`))
      t.equal((await lab.request('GET', `/api/v1/nodes/${third}`)).status, 404)
      t.notOk(await isCordoned(lab, `${third}-again`))
    },
  )
})

t.test('nothing that heald did was refused, and nothing else happened to any machine', async (t) => {
  t.same(
    lab.masters.map((name) => lab.engine.acts(name)),
    lab.masters.map(() => ({ reboot: 0, start: 0, unpause: 0, create: 0 })),
  )
  const failed = ['EffectFailed', 'UndoFailed'].flatMap((reason) => heald.replicas[0]!.told(reason))
  t.same(
    failed.map(({ message }) => message),
    [],
  )
})

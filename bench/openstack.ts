// npm run bench:openstack: from a fault to the act and to Ready, on a real OpenStack; writes the table into docs/benchmarks.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { startHeald } from '../test/lab/heald.ts'
import { type OpenStackLab, startOpenStackLab } from '../test/lab/openstack-cluster.ts'
import { openStackConfig } from '../test/lab/openstack-heald.ts'
import { type CloudCall, type CloudProxy, startCloudProxy } from '../test/lab/openstack-proxy.ts'
import { until } from '../test/lab/until.ts'
import { benchDetection } from './openstack-detection.ts'
import { machine } from './report.ts'

const TIMES = 5
const PAGE = 'docs/benchmarks.md'
const HEADING = '## On OpenStack'
const PROOF = { deadline: '120s', verify: '15s', soak: '3s', drain: '0s', approval: false }
const LADDER = [
  { rung: 'start', ...PROOF, verify: '60s' },
  { rung: 'reboot-soft', ...PROOF },
  { rung: 'reboot-hard', ...PROOF },
  { rung: 'replace', ...PROOF, verify: '90s' },
]
const SETTINGS =
  'Heartbeats every 3 s, `node-monitor-grace-period: 12s`, `NodeCondition` with `unhealthyDuration: 3s`, `verify: 15s` for each reboot, ' +
  'Magnum polling Heat every 10 s. Seconds from the fault on; reboots take 3 s in this lab.'

interface Case {
  readonly name: string
  readonly masters: number
  readonly workers: number
  breakIt(lab: OpenStackLab): Promise<string>
  /** The acts that are timed, in their order. */
  readonly acts: readonly { readonly name: string; is(call: CloudCall): boolean }[]
}

const soft = { name: 'soft reboot', is: ({ body }: CloudCall) => body.includes('SOFT') }
const hard = { name: 'hard reboot', is: ({ body }: CloudCall) => body.includes('HARD') }

const CASES: readonly Case[] = [
  {
    ...{ name: 'worker powered off', masters: 1, workers: 3 },
    async breakIt(lab) {
      const node = await lastOf(lab, 'node')
      const demo = await lab.cloud.as('demo')
      const { id = '' } = (await lab.servers()).get(node) ?? {}
      await demo.must('nova', 'POST', `/servers/${id}/action`, { 'os-stop': null })
      return node
    },
    acts: [{ name: 'start', is: ({ body }) => body.includes('os-start') }],
  },
  {
    ...{ name: 'worker that no reboot helps', masters: 1, workers: 3 },
    breakIt: (lab) => breakForGood(lab, 'node'),
    acts: [soft, hard, { name: 'resize', is: ({ path }) => path.endsWith('/actions/resize') }],
  },
  {
    ...{ name: 'master, of three, that no reboot helps', masters: 3, workers: 1 },
    breakIt: (lab) => breakForGood(lab, 'master'),
    acts: [soft, hard, { name: 'stack update', is: ({ body, service }) => service === 'heat' && body === '{}' }],
  },
]

async function lastOf(lab: OpenStackLab, role: 'node' | 'master'): Promise<string> {
  const names = [...(await lab.servers()).keys()].filter((name) => new RegExp(`-${role}-\\d+$`).test(name))
  return names.sort((a, b) => Number(/\d+$/.exec(a)?.[0]) - Number(/\d+$/.exec(b)?.[0])).at(-1) ?? ''
}

async function breakForGood(lab: OpenStackLab, role: 'node' | 'master'): Promise<string> {
  const node = await lastOf(lab, role)
  await lab.fault(node, 'sticky')
  return node
}

/** Seconds from the fault to each timed act, and to the end: as many nodes Ready as before. */
async function measure(one: Case, lab: OpenStackLab, proxy: CloudProxy): Promise<readonly number[]> {
  const sent = proxy.calls.length
  const faultAt = Date.now()
  const node = await one.breakIt(lab)
  await until(`${node} is not Ready`, async () => !(await lab.isReady(node)), 60_000, 100)
  const all = one.masters + one.workers
  await until(
    `${all} nodes are Ready`,
    async () => {
      const { items } = await lab.must('GET', '/api/v1/nodes')
      const isReady = (each: ReadyNode): boolean =>
        each.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
      return items.filter(isReady).length >= all
    },
    300_000,
    100,
  )
  const readyAt = Date.now()
  const at = one.acts.map(({ is }) => proxy.calls.slice(sent).find(is)?.at ?? Number.NaN)
  const isOver = (repair: { status?: { finishedAt?: string } }): boolean => repair.status?.finishedAt !== undefined
  await until('the repair ends', async () => (await lab.repairs()).every(isOver), 60_000)
  await until('Magnum is done', async () => /_COMPLETE$/.test((await lab.magnum()).status), 60_000)
  return [...at, readyAt].map((ms) => (ms - faultAt) / 1_000)
}

interface ReadyNode {
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] }
}

async function bench(one: Case): Promise<string> {
  const lab = await startOpenStackLab({ name: 'os-bench', masters: one.masters, workers: one.workers })
  const proxy = await startCloudProxy()
  const options = { replaceMastersWithoutEtcdVolume: true }
  const rate = { perNode: 100, perHour: 1_000, perDay: 1_000 }
  const config = {
    ...openStackConfig(lab, proxy, options),
    ...{ gates: { rate }, ladder: { master: LADDER, worker: LADDER } },
  }
  const heald = await startHeald(lab, { config })
  const rounds: (readonly number[])[] = []
  try {
    for (let round = 0; round < TIMES; round++) {
      rounds.push(await measure(one, lab, proxy))
      process.stderr.write(
        `# ${one.name}: ${rounds
          .at(-1)
          ?.map((s) => s.toFixed(1))
          .join(', ')} s\n`,
      )
    }
  } finally {
    await heald.stop()
    await proxy.close()
    await lab.stop()
  }
  const names = [...one.acts.map(({ name }) => name), 'Ready']
  const columns = names.map((name, column) => `${name} ${median(rounds.map((round) => round[column] ?? Number.NaN))}`)
  return `| ${one.name} | ${columns.join(' → ')} |`
}

/** With the least and the most. */
function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): string => (sorted.at(index) ?? Number.NaN).toFixed(1)
  return `${at(sorted.length >> 1)} (${at(0)}-${at(-1)})`
}

/** The section under `HEADING`, up to the next one, replaced or added. */
function write(section: string): void {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Benchmarks\n'
  const from = page.indexOf(HEADING)
  const next = from === -1 ? -1 : page.indexOf('\n## ', from + 1)
  const before = from === -1 ? `${page.trimEnd()}\n\n` : page.slice(0, from)
  writeFileSync(PAGE, `${before}${section}${next === -1 ? '' : page.slice(next)}`)
}

const { sample, lease } = await benchDetection(TIMES)
const rows: string[] = []
for (const one of CASES) rows.push(await bench(one))
const { cpu, cores, node, date } = machine()
const section = `${HEADING}

\`npm run bench:openstack\`: a real Keystone, Nova, Heat and Magnum (test/lab/openstack), medians of ${TIMES} (least-most), in seconds.
${cores} × ${cpu}, Node ${node}, ${date}. ${SETTINGS}

| fault | to |
|---|---|
${rows.join('\n')}

magnum-auto-healer's documented sample (15 s rounds, \`NodeCondition Ready 1m\`), heartbeats every 10 s, grace 40 s:

| from | to the reboot call at Nova | at most |
|---|---|---|
| \`Ready=Unknown\` in the API | ${median(sample)} | 63 |
| the kubelet's death, with \`NodeLease\` (\`maxAge: 15s\`, \`unhealthyDuration: 10s\`) added | ${median(lease)} | 35 |
`
write(section)
process.stdout.write(section)

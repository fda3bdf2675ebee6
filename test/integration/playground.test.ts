import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { LAB } from '../lab/paths.ts'
import { until } from '../lab/until.ts'

interface Ended {
  readonly code: number
  readonly out: string
}

/** The demo in a process of its own, and what a second terminal can do with it. */
const demo = spawn(process.execPath, ['dist/heald.mjs', 'demo'], { stdio: ['ignore', 'pipe', 'inherit'] })
t.teardown(() => demo.kill('SIGKILL'))
let told = ''
demo.stdout.setEncoding('utf8').on('data', (text: string) => {
  told += text
})
await until('heald watches', async () => /watches 15 nodes/.test(told.replace(/\s+/g, ' ')), 30_000)
const [, KUBECONFIG = '', HEALD_URL = ''] = /export KUBECONFIG=(\S+) HEALD_URL=(\S+)/.exec(told) ?? []
const env = { ...process.env, KUBECONFIG, HEALD_URL }

async function run(program: string, args: readonly string[]): Promise<Ended> {
  const ended = promisify(execFile)(program, [...args], { env, timeout: 30_000 })
  return ended.then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    (thrown: { code: number; stdout: string; stderr: string }) => ({
      code: thrown.code,
      out: thrown.stdout + thrown.stderr,
    }),
  )
}

const kubectl = (...args: string[]) => run(join(LAB, 'bin-1.34.4', 'kubectl'), args)
const heald = (...args: string[]) => run(process.execPath, ['dist/heald.mjs', ...args])

t.test('kubectl lists, describes, explains and changes what there is', async (t) => {
  const nodes = await kubectl('get', 'nodes')
  t.match(nodes.out, /^NAME +STATUS +ROLES +AGE +VERSION\n/)
  t.match(nodes.out, /\nmaster-a +Ready +control-plane +\S+ +v1/)
  t.match(
    (await kubectl('describe', 'node', 'worker-b-3')).out,
    /Conditions:[\s\S]*KubeletReady[\s\S]*Allocated resources:/,
  )
  t.match((await kubectl('explain', 'nr.spec.nodeName')).out, /KIND: +NodeRepair[\s\S]*nodeName <string>/)
  t.match((await kubectl('api-resources')).out, /noderepairs +nr +heald\.dev\/v1alpha1 +false +NodeRepair/)
  t.match(await kubectl('label', 'node', 'worker-b-3', 'trial=yes'), { code: 0 })
  t.match((await kubectl('get', 'nodes', '--selector', 'trial=yes', '--output', 'name')).out, /^node\/worker-b-3\n$/)
  t.match(await kubectl('cordon', 'worker-b-3'), { code: 0 })
  t.match((await kubectl('get', 'node', 'worker-b-3')).out, /Ready,SchedulingDisabled/)
  t.match(await kubectl('uncordon', 'worker-b-3'), { code: 0 })
  t.match((await kubectl('get', 'pods', '--all-namespaces')).out, /^NAMESPACE +NAME +STATUS +AGE\ndefault +shop-/)
})

t.test('kubectl sees repairs and their events as they come', async (t) => {
  const seen = async () => (await kubectl('get', 'nr')).out
  await until('a repair is there', async () => /worker-a-1 +\S+ +reboot-hard/.test(await seen()), 30_000)
  t.match(await seen(), /^NAME +NODE +PHASE +RUNG +ATTEMPT +REASON +AGE\n/)
  t.match((await kubectl('get', 'events', '--all-namespaces')).out, /RepairOpened +node\/worker-a-1/)
})

t.test('each command of heald works against it', async (t) => {
  t.match(await heald('status'), { code: 0, out: /\nleader +heald_\S+, epoch 1\n[\s\S]*\ncloud +ok\n/ })
  t.match(await heald('why', 'worker-b-4'), { code: 0, out: /^worker-b-4: / })
  t.match(await heald('history'), { code: 0, out: /^REPAIR +NODE +PHASE/ })
  t.match(await heald('pause', 'worker-b-4', '--for', '5m', '--reason', 'trial'), {
    code: 0,
    out: /is now paused for 5m/,
  })
  const isPaused = async () => /node worker-b-4 PAUSED until .*: trial/.test((await heald('status')).out)
  await until('the daemon knows', isPaused, 10_000)
  t.match(await heald('resume', 'worker-b-4'), { code: 0, out: /^the node worker-b-4 is resumed/ })
  const why = await heald('repair', 'worker-b-4', '--rung', 'reboot-hard', '--reason', 'trial of repair')
  t.match(why, { code: 0, out: /asks for reboot-hard until \S+: trial of repair/ })
  t.match(why.out, /\nworker-b-4: (REPAIR|HELD)/)
  const isDone = async () => /worker-b-4 +Succeeded/.test((await heald('history')).out)
  await until('it is repaired', isDone, 90_000)
  t.match((await kubectl('get', 'node', 'worker-b-4', '--output', 'yaml')).out, /^(?![\s\S]*repair-request)/)
  t.match(await heald('repair', 'worker-b-4', '--cancel'), { code: 0, out: /^nothing is asked for on worker-b-4/ })
  t.match(await heald('approve', 'worker-b-4', 'replace'), { code: 2, out: /there is no NodeRepair worker-b-4/ })
})

t.test('the kubeconfig goes with the demo', async (t) => {
  t.ok(existsSync(KUBECONFIG))
  const ended = new Promise((resolve) => demo.once('exit', resolve))
  demo.kill('SIGINT')
  t.equal(await ended, 0)
  t.notOk(existsSync(KUBECONFIG))
})

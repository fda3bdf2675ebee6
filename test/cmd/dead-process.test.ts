import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { recordAt } from '../../src/lib/pure/json.ts'
import { startEmbeddedApi } from '../../src/simulator/api/server.ts'
import { bundle } from '../support/cli/bundle.ts'
import { writeKubeconfig } from '../support/cli/kubeconfig.ts'
import { freePort } from '../support/free-port.ts'

// Building it anew takes a while.
t.setTimeout(120_000)

const file = await bundle(t)
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/heald'

/** What Node.js loads before heald: the surroundings of the process break as soon as the file `broken` is there. */
const BROKEN = "process.env.HOME + '/broken'"
/** What the operating system answers, for a loop that takes it as an answer. */
const DISK = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
const exists = fs.existsSync
fs.existsSync = (path) => {
  if (String(path).endsWith('stop') && exists(${BROKEN})) throw new Error('the disk is gone')
  return exists(path)
}
syncBuiltinESMExports()
`
/** A promise that nobody looks after. */
const REJECTION = `
import { existsSync } from 'node:fs'
const watch = setInterval(() => {
  if (!existsSync(${BROKEN})) return
  clearInterval(watch)
  Promise.reject(new Error('nobody looks after it'))
}, 100)
watch.unref()
`
/** An event whose listener throws. */
const LISTENER = REJECTION.replace('Promise.reject(new', 'throw (new').replace('looks after it', 'listens')

t.test('a loop that dies ends the process with its reason and exit code 70, and the Lease is released', async (t) => {
  const { code, err, holder } = await breakLeader(t, DISK)
  t.equal(code, 70)
  t.match(err, /"message":"stop-file: the disk is gone; heald ends".*"msg":"LoopFailed"/)
  t.match(err, /^heald: stop-file: the disk is gone$/m)
  t.equal(holder, undefined, 'a successor need not wait for the Lease to run out')
})

t.test('so does what nobody catches: a rejection', async (t) => {
  const { code, err, holder } = await breakLeader(t, REJECTION)
  t.equal(code, 70)
  t.match(err, /"message":"nobody caught: nobody looks after it; heald ends".*"msg":"Uncaught"/)
  t.match(err, /^heald: nobody caught: nobody looks after it$/m)
  t.equal(holder, undefined)
})

t.test('so does what nobody catches: a listener that throws', async (t) => {
  const { code, err, holder } = await breakLeader(t, LISTENER)
  t.equal(code, 70)
  t.match(err, /^heald: nobody caught: nobody listens$/m)
  t.equal(holder, undefined)
})

/** A real process leads; then its surroundings break. */
async function breakLeader(t: Test, surroundings: string) {
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  const [port, metricsPort] = [await freePort(), await freePort()]
  const home = t.testdir({
    'surroundings.mjs': surroundings,
    'config.yaml': JSON.stringify({
      cloudProvider: 'none',
      http: { port, metricsPort, metricsHost: '127.0.0.1' },
    }),
  })
  const { href } = pathToFileURL(join(home, 'surroundings.mjs'))
  const flags = ['--config', join(home, 'config.yaml'), '--kubeconfig', writeKubeconfig(home, api.url)]
  const child = spawn(process.execPath, [file, 'run', ...flags, '--stop-file', join(home, 'stop')], {
    env: { PATH: process.env.PATH ?? '', HOME: home, NODE_OPTIONS: `--import=${href}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<number | null>((done) => child.once('close', done))
  const holder = (): unknown => recordAt(api.call('GET', LEASE).body, 'spec').holderIdentity
  for (let tries = 0; holder() === undefined; tries++) {
    if (tries > 300 || child.exitCode !== null) throw new Error(`heald does not lead: ${err}`)
    await sleep(100)
  }
  writeFileSync(join(home, 'broken'), '')
  return { code: await ended, err, holder: holder() }
}

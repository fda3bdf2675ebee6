import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { bundle } from '../support/cli/bundle.ts'
import { writeKubeconfig } from '../support/cli/kubeconfig.ts'
import { freePort } from '../support/free-port.ts'
import { embeddedApi } from '../support/kube/api.ts'

t.test('a process that was stopped by a signal says, once it goes on, for how long it stood still', async (t) => {
  const { api } = await embeddedApi(t)
  const dir = t.testdir()
  const file = join(dir, 'config.yaml')
  const [port, metricsPort] = [await freePort(), await freePort()]
  writeFileSync(
    file,
    `cloudProvider: none
dryRun: true
http: {port: ${port}, metricsHost: 127.0.0.1, metricsPort: ${metricsPort}}
healthcheck: {master: [{type: NodeCondition}], worker: [{type: NodeCondition}]}
`,
  )
  const args = [await bundle(t), 'run', '--config', file, '--kubeconfig', writeKubeconfig(dir, api.url)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  const until = async (holds: () => boolean | Promise<boolean>): Promise<boolean> => {
    for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
      if (await holds()) return true
      await sleep(100)
    }
    return false
  }
  /** A busy machine has stalls of its own: only what comes on top of them counts. */
  const stoodStill = async (): Promise<number> => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(/^heald_stood_still_seconds_total (\S+)$/m.exec(metrics)?.[1])
  }
  t.ok(await until(() => said.includes('LeaseAcquired')), 'it leads', { said })
  await sleep(2_000)
  const before = await stoodStill()
  child.kill('SIGSTOP')
  await sleep(6_000)
  child.kill('SIGCONT')
  t.ok(await until(async () => (await stoodStill()) - before >= 5), 'it counts them', { said })
  t.match(said, /"msg":"StoodStill"/)
})

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlPlane } from '../test/lab/control-plane.ts'
import type { Runtime } from './node-versions.ts'

/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100

/** The shipped bundle, running on its own. */
export interface Replica {
  readonly logFile: string
  /** Seconds of CPU so far, user and system. */
  cpuSeconds(): Promise<number>
  /** MiB: the most that was ever resident, and what is now. */
  memory(): Promise<{ readonly peak: number; readonly now: number }>
  /** Sum of `heald_api_requests_total` by verb and resource. */
  requests(): Promise<ReadonlyMap<string, number>>
  /** A page of its HTTP servers. */
  page(path: string): Promise<string>
  stop(): Promise<void>
}

/** As in a pod: with the account's folder where the kubelet puts it, which takes root and a mount of its own. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const IN_POD = `mkdir -p ${ACCOUNT} && mount --bind "$0" ${ACCOUNT} && exec "$@"`

/** A kubeconfig is read by a library that a pod never loads. */
export function runsAsPod(): boolean {
  return process.getuid?.() === 0
}

export async function startReplica(options: {
  readonly runtime: Runtime
  readonly dir: string
  readonly plane: ControlPlane
  /** YAML; `http` is added. */
  readonly config: string
  readonly name: string
}): Promise<Replica> {
  const { runtime, dir, plane, config, name } = options
  const [port, metricsPort] = [await freePort(), await freePort()]
  const file = join(dir, `${name}.yaml`)
  const logFile = join(dir, `${name}.log`)
  await writeFile(file, `${config}\nhttp: {port: ${port}, metricsHost: 127.0.0.1, metricsPort: ${metricsPort}}\n`)
  const log = await open(logFile, 'w')
  // A copy: whoever builds meanwhile does not change what is measured.
  const bundle = join(dir, 'heald.mjs')
  if (!existsSync(bundle)) await copyFile('dist/heald.mjs', bundle)
  const run = [runtime.path, '--max-semi-space-size=2', bundle, 'run', '--config', file]
  const { hostname, port: apiPort } = new URL(plane.url)
  const argv = runsAsPod()
    ? ['unshare', '--mount', 'sh', '-c', IN_POD, await writeAccount(plane), ...run]
    : [...run, '--kubeconfig', plane.kubeconfig]
  const env = { PATH: process.env.PATH, KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: apiPort }
  const child = spawnMortal(argv, { stdio: ['ignore', log.fd, log.fd], env })
  await log.close()
  const pid = child.pid ?? 0

  const page = async (path: string): Promise<string> => {
    const to = path === '/metrics' ? metricsPort : port
    return (await fetch(`http://127.0.0.1:${to}${path}`)).text()
  }
  return {
    logFile,
    page,
    async cpuSeconds() {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
      // The second field may hold spaces; what follows its bracket does not.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    },
    async memory() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      const mib = (key: string): number =>
        Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1_024
      return { peak: mib('VmHWM'), now: mib('VmRSS') }
    },
    async requests() {
      const counts = new Map<string, number>()
      for (const line of (await page('/metrics')).split('\n')) {
        const [, labels = '', value = '0'] = /^heald_api_requests_total\{(.*)\} (\S+)$/.exec(line) ?? []
        if (labels === '') continue
        const label = (key: string): string => new RegExp(`${key}="([^"]*)"`).exec(labels)?.[1] ?? ''
        const key = `${label('verb')} ${label('resource')}`
        counts.set(key, (counts.get(key) ?? 0) + Number(value))
      }
      return counts
    },
    stop: () => ended(child),
  }
}

async function writeAccount(plane: ControlPlane): Promise<string> {
  const dir = join(plane.dir, 'account')
  if (existsSync(dir)) return dir
  const token = await plane.serviceAccountToken('kube-system', 'bench')
  await plane.must('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'bench' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'kube-system', name: 'bench' }],
  })
  await mkdir(dir)
  await writeFile(join(dir, 'token'), token)
  await copyFile(plane.caFile, join(dir, 'ca.crt'))
  return dir
}

/** Dies with us even when we are killed: no run leaves anything behind. */
export function spawnMortal(argv: readonly string[], options: SpawnOptions): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], options)
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(late)
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Polls until `holds`; throws with `what` and the end of the log when it does not in time. */
export async function until(what: string, logFile: string, ms: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) {
      const log = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-3).join(' | ')
      throw new Error(`bench: not in ${ms / 1_000} s: ${what}: ${log}`)
    }
    await delay(250)
  }
}

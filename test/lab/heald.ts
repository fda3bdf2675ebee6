import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { freePort } from '../support/free-port.ts'
import type { Lab } from './cluster.ts'
import { HEALD } from './paths.ts'
import { until } from './until.ts'

const SELF = '/api/v1/namespaces/kube-system/serviceaccounts/heald'
const CONFIG_MAPS = '/api/v1/namespaces/kube-system/configmaps'
export const CONFIG_MAP = `${CONFIG_MAPS}/heald-config`

export interface HealdOptions {
  /** On the first so many control-plane nodes. 1. */
  readonly replicas?: number
  /** Laid over `labConfig`, key by key. */
  readonly config?: object
  /** Where a replica finds the API server, if not where it is. */
  readonly serverOf?: (nodeName: string) => { readonly url: string; readonly ca: string }
  readonly stopFile?: string
}

export interface Replica {
  readonly nodeName: string
  readonly child: ChildProcess
  /** Path of everything that it logged. */
  readonly log: string
  /** Reasons that it logged so far, each time. */
  told(reason: string): readonly Record<string, unknown>[]
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields of the page
  status(): Promise<any>
  why(node: string): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  explain(node: string): Promise<any>
  /** Without a signal: SIGTERM. Returns when it has ended. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export interface Heald {
  readonly replicas: readonly Replica[]
  /** Ends that replica's process, if it still runs, and starts another in its place. */
  restart(replica: Replica): Promise<void>
  /** The one that holds the Lease, once there is one. */
  leader(): Promise<Replica>
  /** Runs a command of the bundle as a person with every right; returns what it printed. */
  cli(...args: string[]): Promise<string>
  /** Writes the ConfigMap's text; an object is laid over `labConfig`. */
  configure(config: object | string): Promise<void>
  stop(): Promise<void>
}

/** Where the same node is broken again and again, each time is to count by itself. */
export const EACH_TIME = { healthyDuration: '0s', flapping: { changes: 0 } }

/** Short durations, everything else as shipped. */
export function labConfig(cluster: string): object {
  const check = { type: 'NodeCondition', params: { types: ['Ready'], unhealthyDuration: '3s', ...EACH_TIME } }
  const proof = { deadline: '60s', verify: '90s', soak: '10s' }
  const ladder = ['start', 'reboot-soft', 'reboot-hard', 'replace'].map((rung) => ({ rung, ...proof, drain: '0s' }))
  return {
    cloudProvider: 'docker',
    docker: { cluster, stopTimeout: '2s' },
    ...{ monitorInterval: '2s', checkDelayAfterAdd: '0s', rebuildDelayAfterReboot: '0s' },
    healthcheck: { master: [check], worker: [check] },
    gates: { heartbeatMaxAge: '12s' },
    ladder: { master: ladder, worker: ladder },
  }
}

/** Real processes of the built bundle, each under a token of the shipped ServiceAccount. */
export async function startHeald(lab: Lab, options: HealdOptions = {}): Promise<Heald> {
  const { replicas: count = 1, stopFile } = options
  const { logs: folder } = lab
  const config = merge(labConfig(lab.name), options.config ?? {})
  const configure: Heald['configure'] = async (wanted) => {
    const text = typeof wanted === 'string' ? wanted : stringify(merge(labConfig(lab.name), wanted))
    await lab.patch(CONFIG_MAP, { data: { 'config.yaml': text } })
  }
  const data = { 'config.yaml': stringify(config) }
  const there = await lab.request('POST', CONFIG_MAPS, { metadata: { name: 'heald-config' }, data })
  if (there.status === 409) await lab.patch(CONFIG_MAP, { data })

  const token = await tokenOf(lab)
  const start = async (nodeName: string): Promise<Replica> => {
    const kubeconfig = join(folder, `${nodeName}.kubeconfig`)
    await writeKubeconfig(kubeconfig, options.serverOf?.(nodeName) ?? lab, token)
    return startReplica({ folder, nodeName, config, kubeconfig, stopFile })
  }

  const replicas: Replica[] = []
  for (const nodeName of lab.masters.slice(0, count)) replicas.push(await start(nodeName))
  const heald: Heald = {
    replicas,
    configure,
    async restart(replica) {
      await replica.end('SIGKILL')
      replicas[replicas.indexOf(replica)] = await start(replica.nodeName)
    },
    async cli(...args) {
      const env = { PATH: process.env.PATH, HOME: folder, KUBECONFIG: lab.kubeconfig }
      return (await promisify(execFile)(process.execPath, [HEALD, ...args], { env, timeout: 30_000 })).stdout
    },
    leader: () =>
      until(
        'a replica leads',
        async () => {
          for (const replica of replicas) {
            const page = await replica.status().catch(() => undefined)
            if (page?.leader.leading === true && page.sight.ledger !== 'NotTried') return replica
          }
          return undefined
        },
        60_000,
      ),
    async stop() {
      await Promise.all(replicas.map((replica) => replica.end()))
    },
  }
  await heald.leader()
  return heald
}

/** Of the shipped ServiceAccount. */
export async function tokenOf(lab: Lab): Promise<string> {
  return (await lab.must('POST', `${SELF}/token`, { spec: { expirationSeconds: 7_200 } })).status.token
}

export async function writeKubeconfig(
  path: string,
  { url, ca }: Pick<Lab, 'url' | 'ca'>,
  token: string,
): Promise<void> {
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'lab' },
    ...{ clusters: [{ name: 'lab', cluster }], users: [{ name: 'heald', user: { token } }] },
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'heald' } }],
  }
  await writeFile(path, JSON.stringify(config), { mode: 0o600 })
}

interface ReplicaOptions {
  readonly folder: string
  readonly nodeName: string
  readonly config: object
  readonly kubeconfig: string
  readonly stopFile: string | undefined
}

async function startReplica({ folder, nodeName, config, kubeconfig, stopFile }: ReplicaOptions): Promise<Replica> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const file = join(folder, `${nodeName}.yaml`)
  // The file has its own ports, as all replicas run on one host here; else it says what the ConfigMap says.
  await writeFile(file, stringify({ ...config, http: { port, metricsHost: '127.0.0.1', metricsPort } }))
  const log = join(folder, `${nodeName}.log`)
  const args = [
    ...['--max-semi-space-size=2', HEALD, 'run', '--config-map', 'kube-system/heald-config', '--config', file],
    // Its ConfigMap names a command to run inside of a replaced machine.
    ...['--allow-exec', '/bin'],
    ...['--kubeconfig', kubeconfig, ...(stopFile === undefined ? [] : ['--stop-file', stopFile])],
  ]
  // Dies with us even when we are killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, NODE_NAME: nodeName },
  })
  const stream = createWriteStream(log, { flags: 'a' })
  child.stdout.pipe(stream, { end: false })
  child.stderr.pipe(stream, { end: false })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  const get = async (path: string, accept: string): Promise<Response> =>
    fetch(`${url}${path}`, { headers: { accept }, signal: AbortSignal.timeout(5_000) })
  return {
    ...{ nodeName, child, log },
    told(reason) {
      const lines = readFileSync(log, 'utf8').split('\n')
      return lines.filter((line) => line.includes(`"${reason}"`) && line.endsWith('}')).map((line) => JSON.parse(line))
    },
    status: async () => (await get('/status', 'application/json')).json(),
    why: async (node) => (await get(`/why/${node}`, 'text/plain')).text(),
    explain: async (node) => (await get(`/why/${node}`, 'application/json')).json(),
    end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return ended
    },
  }
}

function merge(under: unknown, over: unknown): object {
  const isMapping = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMapping(under) || !isMapping(over)) return over as object
  const whole: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) whole[key] = key in under ? merge(under[key], value) : value
  return whole
}

import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenOf, writeKubeconfig } from './heald.ts'
import { USERS } from './openstack.ts'
import type { OpenStackLab } from './openstack-cluster.ts'
import type { CloudProxy } from './openstack-proxy.ts'
import { HEALD } from './paths.ts'
import { until } from './until.ts'

const { name: username, password, project } = USERS.demo

/** How heald comes into the cloud: as the owner of the cluster, through the proxy. */
export function wayIn(proxy: Pick<CloudProxy, 'authUrl'>): object {
  return {
    ...{ authUrl: proxy.authUrl, region: 'RegionOne', username, password, userDomainId: 'default' },
    ...{ projectName: project, projectDomainId: 'default' },
  }
}

/** To be laid over `labConfig`: the short durations stay. */
export function openStackConfig(lab: OpenStackLab, proxy: CloudProxy, more: object = {}): object {
  return { cloudProvider: 'openstack', clusterName: lab.clusterId, openstack: { ...wayIn(proxy), ...more } }
}

/** The sample that the documentation of magnum-auto-healer tells people to use, its ids and its kubeconfig filled in. */
export async function sampleFile(lab: OpenStackLab, proxy: CloudProxy, kubeconfig: string): Promise<string> {
  const { userId, projectId } = await lab.cloud.as('demo')
  return `cluster-name: ${lab.clusterId}
dry-run: false
monitor-interval: 15s
check-delay-after-add: 20m
leader-elect: true
kubernetes:
  kubeconfig: ${kubeconfig}
healthcheck:
  master:
    - type: Endpoint
      params:
        unhealthy-duration: 30s
        protocol: HTTPS
        port: 6443
        endpoints: ["/healthz"]
        ok-codes: [200]
    - type: NodeCondition
      params:
        unhealthy-duration: 1m
        types: ["Ready"]
        ok-values: ["True"]
  worker:
    - type: NodeCondition
      params:
        unhealthy-duration: 1m
        types: ["Ready"]
        ok-values: ["True"]
openstack:
  auth-url: ${proxy.authUrl}
  user-id: ${userId}
  project-id: ${projectId}
  password: ${password}
  region: RegionOne
`
}

/** The same file with the heartbeats of workers watched, too. */
export function withLease(sample: string): string {
  const check = '    - type: NodeLease\n      params: {maxAge: 15s, unhealthyDuration: 10s}\n'
  return sample.replace('openstack:\n', `${check}openstack:\n`)
}

export interface Daemon {
  readonly log: () => string
  /** Undefined: it runs. */
  ended(): number | string | undefined
  /** Of /status, on the port that heald has by itself. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read single fields of the page
  status(): Promise<any>
  why(node: string): Promise<string>
  end(signal?: NodeJS.Signals): Promise<void>
}

/** A kubeconfig under the shipped ServiceAccount. */
export async function accountOf(lab: OpenStackLab): Promise<string> {
  const path = join(lab.logs, 'account')
  await writeKubeconfig(path, lab, await tokenOf(lab))
  return path
}

/** `heald run --config FILE` with exactly this text, as somebody does who has just stopped magnum-auto-healer. Its ports are the shipped ones. */
export async function runFile(lab: OpenStackLab, text: string, name = 'sample'): Promise<Daemon> {
  const [file, log] = [join(lab.logs, `${name}.yaml`), join(lab.logs, `${name}.log`)]
  await writeFile(file, text)
  rmSync(log, { force: true })
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, HEALD, 'run', '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: lab.logs, NODE_NAME: lab.masters[0] ?? '' },
  })
  const stream = createWriteStream(log)
  child.stdout.pipe(stream, { end: false })
  child.stderr.pipe(stream, { end: false })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const get = (path: string, accept: string): Promise<Response> =>
    fetch(`http://127.0.0.1:9470${path}`, { headers: { accept }, signal: AbortSignal.timeout(5_000) })
  const daemon: Daemon = {
    log: () => readFileSync(log, 'utf8'),
    ended: () => child.exitCode ?? child.signalCode ?? undefined,
    status: async () => (await get('/status', 'application/json')).json(),
    why: async (node) => (await get(`/why/${node}`, 'text/plain')).text(),
    async end(signal = 'SIGTERM') {
      if (daemon.ended() === undefined) child.kill(signal)
      await ended
    },
  }
  await until(
    'heald leads',
    async () => {
      if (daemon.ended() !== undefined) throw new Error(`heald ended: ${daemon.log()}`)
      return (await daemon.status()).leader.leading === true
    },
    60_000,
  ).catch(async (thrown: unknown) => {
    await daemon.end('SIGKILL')
    throw thrown
  })
  return daemon
}

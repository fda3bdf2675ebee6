import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Command, InvalidArgumentError } from 'commander'
import type { ConfigMapRef } from '../../src/daemon/own-config-map.ts'
import { KubeError } from '../../src/kube/client/http.ts'
import { createLeaseApi } from '../../src/kube/lease.ts'
import { openPortForward } from '../../src/kube/port-forward.ts'
import { asError } from '../../src/lib/errors.ts'
import { type Cluster, connect, referenceOf } from './cluster.ts'
import { EXIT, ExitError } from './exit.ts'
import { findPod } from './leader-pod.ts'
import type { ClusterOptions, Terminal } from './output.ts'

export interface ReachOptions extends ClusterOptions {
  readonly url?: string
  readonly lease: string
  readonly port: number
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** Who answered, for people. */
  readonly from: string
}

const ANSWER_MS = 10_000
const HINT = 'give --url http://HOST:PORT of a heald, or run this on a control-plane node'

export function addReachOptions(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'ask the heald at this address; default: HEALD_URL, else the leader, by port-forward through the API server',
    )
    .option('--lease <namespace/name>', "heald's Lease, which names the leader", 'kube-system/heald')
    .option('--port <number>', "port of heald's pages (http.port)", portOf, 9470)
}

/**
 * Asks `--url`, else the leader's pod by port-forward, else another pod of heald, else the heald of this very machine,
 * and says so where it isn't the leader. Throws ExitError or KubeError that name what to do.
 */
export async function askLeader(
  path: string,
  options: ReachOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Answer> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(2 * ANSWER_MS)])
  const url = options.url ?? terminal.env.HEALD_URL
  if (url !== undefined && url !== '') {
    const base = pagesAt(url)
    return ask(new URL(path.slice(1), base), `heald at ${base.origin}`, {}, bounded)
  }
  const lease = referenceOf('--lease', options.lease, 'kube-system/heald')
  const found = await findAnyPod(lease, options, terminal, bounded)
  if (typeof found === 'string') return askLocal(path, found, options.port, terminal, bounded)
  const { cluster, pod, instead } = found
  const target = { namespace: lease.namespace, pod, port: options.port }
  const from = `pod ${target.namespace}/${pod}`
  if (instead !== undefined) terminal.err(`heald: ${instead}; so ${from} is asked\n`)
  const { stream, complaint } = await openPortForward(cluster.credentials, target, bounded).catch((thrown: unknown) => {
    const mayReturn = thrown instanceof KubeError && (thrown.status === 0 || thrown.status >= 500)
    throw mayReturn ? new ExitError(EXIT.tryAgain, `heald: ${thrown.message}; try again, or ${HINT}`) : thrown
  })
  try {
    const url = new URL(`http://localhost:${options.port}${path}`)
    return await ask(url, from, { createConnection: () => stream }, bounded)
  } catch (thrown) {
    if (complaint() === '') throw thrown
    throw new ExitError(EXIT.tryAgain, `heald: ${from}: ${complaint()}; is --port ${options.port} its http.port?`)
  } finally {
    stream.destroy()
  }
}

interface FoundPod {
  readonly cluster: Cluster
  readonly pod: string
  /** Why it isn't the leader's. */
  readonly instead?: string
}

/** The leader's pod, else another one, else why there is none to be found. */
async function findAnyPod(
  lease: ConfigMapRef,
  options: ReachOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<FoundPod | string> {
  const { namespace } = lease
  try {
    const cluster = await connect(options, terminal)
    const leader = await leaderPod(cluster, lease, signal)
    if ('pod' in leader) return { cluster, ...leader }
    const pod = await findPod(cluster.http, { namespace }, signal)
    return pod === undefined ? leader.instead : { cluster, pod, ...leader }
  } catch (thrown) {
    // Who named a kubeconfig or a context meant that cluster, and no other.
    const lost = thrown instanceof KubeError && thrown.status === 0 && !signal.aborted
    if (lost && !(thrown.reason === 'NoCredentials' && (options.kubeconfig ?? options.context) !== undefined))
      return thrown.message
    throw thrown
  }
}

async function leaderPod(
  { http }: Cluster,
  { namespace, name }: ConfigMapRef,
  signal: AbortSignal,
): Promise<{ readonly pod: string } | { readonly instead: string }> {
  const record = await createLeaseApi(http, namespace, name).get(signal)
  if (record === undefined) return { instead: `there is no Lease ${namespace}/${name}: no heald has led yet` }
  if (record.holder === '') return { instead: `nobody holds the Lease ${namespace}/${name}` }
  const node = record.holder.slice(0, Math.max(0, record.holder.lastIndexOf('_')))
  const pod = await findPod(http, { namespace, node }, signal)
  if (pod !== undefined) return { pod }
  const place = `the namespace ${namespace} has no running pod of heald on a node ${node}`
  return { instead: `${record.holder} leads, but ${place}` }
}

async function askLocal(
  path: string,
  why: string,
  port: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Answer> {
  const here = `http://127.0.0.1:${port}`
  try {
    const answer = await ask(new URL(path, here), `heald at ${here}`, {}, signal)
    terminal.err(`heald: ${why}; so the heald at ${here} is asked\n`)
    return answer
  } catch (thrown) {
    const local = asError(thrown).message.replace(/^heald: /, '')
    throw new ExitError(EXIT.tryAgain, `heald: no way to the leader: ${why}; and on this machine: ${local}; ${HINT}`)
  }
}

function ask(url: URL, from: string, options: RequestOptions, signal: AbortSignal): Promise<Answer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const headers = { accept: 'application/json', connection: 'close' }
  return new Promise((resolve, reject) => {
    const fail = (thrown: Error): void => {
      const why = signal.aborted ? 'no answer in time' : thrown.message || asError(thrown).name
      reject(new ExitError(EXIT.tryAgain, `heald: ${from}: ${why}`))
    }
    const request = send(url, { ...options, headers, signal, timeout: ANSWER_MS }, async (response) => {
      try {
        const body = Buffer.concat(await response.toArray()).toString('utf8')
        resolve({ status: response.statusCode ?? 0, body, from })
      } catch (thrown) {
        fail(asError(thrown))
      }
    })
    request.once('timeout', () => request.destroy(new Error(`no answer in ${ANSWER_MS / 1_000} s`)))
    request.once('error', fail)
    request.end()
  })
}

function pagesAt(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ExitError(EXIT.usage, 'heald: --url: expected an address such as http://127.0.0.1:9470')
  }
  if (url.username !== '' || url.password !== '') {
    throw new ExitError(EXIT.usage, "heald: --url: heald's pages need no user and no password: leave them out")
  }
  return new URL(url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`, url.origin)
}

function portOf(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new InvalidArgumentError('expected a port number, 1 to 65535')
}

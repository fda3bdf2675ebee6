import type { RequestOptions } from 'node:https'
import { Duplex, PassThrough } from 'node:stream'
import type { Millis } from '../core/model/primitives.ts'
import { proxyAgents } from '../lib/proxy/agents.ts'
import type { Credentials } from './client/credentials.ts'
import { KubeError } from './client/http.ts'

export interface ForwardTarget {
  readonly namespace: string
  readonly pod: string
  readonly port: number
}

export interface Forward {
  /** One connection to the port as seen from inside the pod. */
  readonly stream: Duplex
  /** What the kubelet said of it, e.g. that nothing listens there; empty when it said nothing. */
  complaint(): string
}

const OPEN_MS: Millis = 10_000
const LOOPBACK = /^http:\/\/(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:|\/|$)/

/** The socket as client-node hands it out; `ws` brings no types of its own. */
interface Socket {
  onclose: (() => void) | null
  close(): void
}

/**
 * Opens one connection to a pod's port through the API server. A host that can't be reached is passed over for the next
 * one. Throws KubeError: status 403 without the right to, 404 without the pod, 0 when nothing answers.
 */
export async function openPortForward(
  credentials: Credentials,
  target: ForwardTarget,
  signal: AbortSignal,
): Promise<Forward> {
  const failures: KubeError[] = []
  for (const host of credentials.hosts) {
    try {
      return await open(host, credentials, target, signal)
    } catch (thrown) {
      signal.throwIfAborted()
      const error = failureOf(thrown, target, host)
      if (error.status !== 0) throw error
      failures.push(error)
    }
  }
  throw new KubeError(0, 'NoAnswer', failures.map(({ message }) => message).join('; '), { cause: failures[0] })
}

async function open(
  host: string,
  credentials: Credentials,
  { namespace, pod, port }: ForwardTarget,
  signal: AbortSignal,
): Promise<Forward> {
  const { KubeConfig, PortForward } = await import('./port-forward-client.ts')
  const tls = await credentials.tls(host, signal)
  const proxy = await credentials.proxy?.(signal)
  const way = proxy === undefined ? {} : { agent: proxyAgents(proxy, tls)[host.startsWith('http:') ? 'http' : 'https'] }
  const shown = await credentials.headers(signal)
  const { authorization: _, ...clear } = shown
  // A token sent in clear text to another machine is a token given away.
  const headers = host.startsWith('http:') && !LOOPBACK.test(host) ? clear : shown
  const config = Object.assign(new KubeConfig(), {
    getCurrentCluster: () => ({ name: host, server: host, skipTLSVerify: !tls.rejectUnauthorized }),
    applyToHTTPSOptions: async (options: RequestOptions): Promise<void> => {
      Object.assign(options, tls, way, { headers, signal, handshakeTimeout: OPEN_MS })
    },
  })
  const fromPod = new PassThrough()
  const toPod = new PassThrough()
  const errors = new PassThrough()
  let said = ''
  errors.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(0, 1_000)
  })
  const forward = new PortForward(config, true)
  const [inNamespace, name] = [encodeURIComponent(namespace), encodeURIComponent(pod)]
  const socket: Socket = (await forward.portForward(inNamespace, name, [port], fromPod, errors, toPod)) as never
  socket.onclose = () => fromPod.end()
  const stream = Duplex.from({ readable: fromPod, writable: toPod })
  stream.once('close', () => socket.close())
  // Once a complaint has come, no answer will: without this its reader would wait for the timeout.
  errors.on('data', (chunk: Buffer) => {
    if (chunk.length > 0) fromPod.end()
  })
  return { stream, complaint: () => said.trim() }
}

/** A refused upgrade comes as an event whose text is the only place where the status stands. */
function failureOf(thrown: unknown, { namespace, pod, port }: ForwardTarget, host: string): KubeError {
  if (thrown instanceof KubeError) return thrown
  const event = thrown as { readonly message?: unknown } | null
  const text = typeof event?.message === 'string' && event.message !== '' ? event.message : 'no answer'
  const what = `kube: port-forward to ${namespace}/${pod}:${port}: ${host}`
  const status = Number(/Unexpected server response: (\d{3})/.exec(text)?.[1] ?? 0)
  if (status === 0) return new KubeError(0, 'NoAnswer', `${what}: ${text}`)
  if (status >= 500) {
    const why = "the API server can't reach the kubelet of that pod's node"
    return new KubeError(status, 'InternalError', `${what}: ${status}: ${why}`)
  }
  if (status !== 401 && status !== 403) return new KubeError(status, 'Refused', `${what}: ${status}`)
  const right = `"get" and "create" of pods/portforward in the namespace ${namespace}`
  return new KubeError(status, status === 401 ? 'Unauthorized' : 'Forbidden', `${what}: ${status}: needs ${right}`)
}

import { connect } from 'node:net'
import type { Finding } from '../core/model/finding.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import { blameFor } from './plugin/blame.ts'
import { type CheckResult, checkResult, internalIP } from './plugin/check-result.ts'
import { unlessStalled } from './plugin/poll-nodes.ts'

/** Of a Node that does not name another. */
const KUBELET_PORT = 10_250
const TIMEOUT_MS: Millis = 3_000

/** Passes when a TCP handshake with the kubelet completes: plane `probe`, symptom `Unreachable`. Never rejects. */
export function probeKubelet(address: string, port: number, signal: AbortSignal): Promise<CheckResult> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(checkResult('unknown', 'Aborted'))
    const socket = connect({ host: address, port, timeout: TIMEOUT_MS })
    const settle = (seen: CheckResult): void => {
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(seen)
    }
    const onAbort = (): void => settle(checkResult('unknown', 'Aborted'))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => settle(checkResult('pass', 'Reachable')))
    socket.once('timeout', () => settle(checkResult('fail', 'Timeout', `no handshake within ${TIMEOUT_MS} ms`)))
    socket.once('error', (error) => settle(blameFor(error)))
  })
}

/** The witness that is asked about every suspect, at the address and port that the Node object names. */
export function createKubeletProbe(clock: Clock): (node: NodeFacts, signal: AbortSignal) => Promise<Finding> {
  return async (node, signal) => {
    const address = internalIP(node)
    const port = node.kubeletPort ?? KUBELET_PORT
    const startedAt = clock.now()
    const seen =
      address === undefined ? checkResult('unknown', 'NoInternalIP') : await probeKubelet(address, port, signal)
    const seenAt = clock.now()
    return { ...unlessStalled(seen, seenAt - startedAt, TIMEOUT_MS), plane: 'probe', symptom: 'Unreachable', seenAt }
  }
}

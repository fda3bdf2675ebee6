import type { Finding } from '../../core/model/finding.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import { asError } from '../../lib/errors.ts'
import { createOnce } from '../../lib/once.ts'
import { type CheckResult, checkResult } from './check-result.ts'

const STALL_MS = 2_000

export interface PollOptions {
  readonly clock: Clock
  readonly concurrency: number
  /** The longest that one look may take. Far later than that, it was we who stood still. */
  readonly atMostMs: Millis
}

export type LookAt = (node: NodeFacts, signal: AbortSignal) => Promise<CheckResult>

/** Looks at every node, `concurrency` side by side. Never throws: what goes wrong is `unknown`. */
export async function pollNodes(
  nodes: readonly NodeFacts[],
  options: PollOptions,
  lookAt: LookAt,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Finding>> {
  const findings = new Map<string, Finding>()
  const queue = nodes.values()
  const lookOnAndOn = async (): Promise<void> => {
    for (const node of queue) {
      const startedAt = options.clock.now()
      const seen = await lookSafely(node, lookAt, signal)
      const seenAt = options.clock.now()
      findings.set(node.name, { ...unlessStalled(seen, seenAt - startedAt, options.atMostMs), seenAt })
    }
  }
  const lanes = Math.min(options.concurrency, nodes.length)
  await Promise.all(Array.from({ length: lanes }, lookOnAndOn))
  return findings
}

async function lookSafely(node: NodeFacts, lookAt: LookAt, signal: AbortSignal): Promise<CheckResult> {
  if (signal.aborted) return checkResult('unknown', 'Aborted')
  try {
    const seen = await lookAt(node, signal)
    return signal.aborted && seen.status !== 'pass' ? checkResult('unknown', 'Aborted') : seen
  } catch (thrown) {
    return checkResult('unknown', signal.aborted ? 'Aborted' : 'CheckFailed', asError(thrown).message)
  }
}

/** After a freeze (SIGSTOP, a starved machine) all timers fire at once, whatever the nodes answered meanwhile. */
export function unlessStalled(seen: CheckResult, tookMs: Millis, atMostMs: Millis): CheckResult {
  if (seen.status !== 'fail' || tookMs <= atMostMs + STALL_MS) return seen
  return checkResult('unknown', 'OwnStall', `this process stood still: the look took ${Math.round(tookMs)} ms`)
}

/** Logs what a check could not see, once per change of it: the rounds between would only repeat it. */
export function createFaultTeller(check: string, log: Log): (findings: ReadonlyMap<string, Finding>) => void {
  const isNew = createOnce()
  return (findings) => {
    const faults = [...findings].filter(([, { status }]) => status === 'unknown')
    if (faults.some(([, { reason }]) => reason === 'Aborted')) return
    const reasons = [...new Set(faults.map(([, { reason }]) => reason))].sort().join(' ')
    if (!isNew(reasons === '' ? undefined : reasons)) return
    const [first] = faults
    if (first === undefined) log.info({ check }, 'check sees every node again')
    else {
      const [node, { message }] = first
      log.warn({ check, reasons, nodes: faults.length, node, message }, 'check could not look')
    }
  }
}

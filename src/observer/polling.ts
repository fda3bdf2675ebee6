import type { Finding } from '../core/model/finding.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Millis, Role } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { HealthCheck, PollCheck } from '../core/ports/health-check.ts'
import type { Log } from '../core/ports/log.ts'
import type { Stalls } from '../core/ports/stalls.ts'
import { asError } from '../lib/errors.ts'
import type { Checks } from './findings.ts'
import { sawAwake } from './sight/looking.ts'

export interface PollingOptions {
  readonly clock: Clock
  readonly log: Log
  readonly stalls: Stalls
  readonly intervalMs: Millis
  readonly nodesOf: (role: Role) => readonly NodeFacts[]
  /** `uid`: of the Node that was looked at, where that is known. */
  readonly take: (node: string, check: HealthCheck, finding: Finding, uid?: string) => void
}

/** Runs every polled check of a set each `intervalMs`, side by side, until aborted. A poll that fails leaves `unknown` behind. */
export function runPolls(checks: Checks, options: PollingOptions, signal: AbortSignal): Promise<unknown> {
  const runs: Promise<void>[] = []
  for (const role of ['master', 'worker'] as const) {
    for (const check of checks[role]) {
      if (check.kind === 'poll') runs.push(pollForEver(role, check, options, signal))
      if (check.kind === 'listen') check.listen((node, finding) => options.take(node, check, finding), signal)
    }
  }
  return Promise.all(runs)
}

async function pollForEver(role: Role, check: PollCheck, options: PollingOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAt = options.clock.now()
    await pollOnce(role, check, options, signal)
    const rest = startedAt + options.intervalMs - options.clock.now()
    await options.clock.sleep(Math.max(0, rest), signal).catch(() => undefined)
  }
}

async function pollOnce(role: Role, check: PollCheck, options: PollingOptions, signal: AbortSignal): Promise<void> {
  const nodes = options.nodesOf(role)
  if (nodes.length === 0) return
  const startedAt = options.clock.now()
  let answers: ReadonlyMap<string, Finding> = new Map()
  let reason = 'NoAnswer'
  let message = 'the check did not mention this node'
  try {
    answers = await check.poll(nodes, signal)
  } catch (thrown) {
    if (signal.aborted) return
    reason = 'CheckFailed'
    message = asError(thrown).message
    options.log.warn({ check: check.name, role, err: thrown }, 'check failed')
  }
  if (signal.aborted) return
  const now = options.clock.now()
  for (const node of nodes) {
    const answer: Finding = answers.get(node.name) ?? { status: 'unknown', reason, message, seenAt: now }
    // A poll that stops coming back must not leave its last word standing.
    const finding = {
      validUntil: answer.seenAt + 3 * options.intervalMs + 60_000,
      ...sawAwake(answer, options.stalls, startedAt),
    }
    options.take(node.name, check, finding, node.uid)
  }
}

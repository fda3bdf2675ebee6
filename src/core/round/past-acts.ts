import { parseRfc3339 } from '../../lib/pure/rfc3339.ts'
import { type Attempt, isProvenUnsent, type NodeRepair } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import { RUNG_DEFAULTS } from '../model/rungs.ts'
import { roleOf } from '../repair/repair-node.ts'
import type { Candidate } from './candidate.ts'
import { type Round, toMonotonic } from './round.ts'

/** An act of another repair of the same node or machine, whose proof never came. */
export interface PastAct {
  readonly repair: string
  readonly rung: Attempt['rung']
  /** Monotonic: until then it might still have been proven. */
  readonly until: Millis
}

/**
 * The last act on a subject's node or machine that nothing has proven, whatever became of its repair: a machine that has
 * just been rebooted is given its time before anything is concluded from its silence.
 */
export function findPastActs(round: Round): (subject: Candidate) => PastAct | undefined {
  let known: ReadonlyMap<string, readonly Found[]> | undefined
  return (subject) => {
    known ??= listActs(round)
    return known.size === 0 ? undefined : lastOf(known, subject)
  }
}

function lastOf(
  known: ReadonlyMap<string, readonly Found[]>,
  { node, repair, instance }: Candidate,
): PastAct | undefined {
  const located = instance?.located
  const machine = located !== undefined && 'found' in located ? (known.get(machineKey(located.found.id)) ?? []) : []
  return [...(known.get(nodeKey(node.name)) ?? []), ...machine]
    .filter(({ of }) => of !== repair)
    .reduce<PastAct | undefined>(
      (last, { act }) => (last === undefined || act.until > last.until ? act : last),
      undefined,
    )
}

interface Found {
  readonly of: NodeRepair
  readonly act: PastAct
}

const nodeKey = (name: string): string => `node ${name}`
const machineKey = (id: string): string => `machine ${id}`

function listActs(round: Round): ReadonlyMap<string, readonly Found[]> {
  const found = new Map<string, Found[]>()
  for (const of of round.view.repairs.values()) {
    for (const attempt of of.status?.attempts ?? []) {
      if (attempt.state === 'Verified' || isProvenUnsent(attempt)) continue
      const act = { repair: of.name, rung: attempt.rung, until: provableUntil(of, attempt, round) }
      const keys = new Set([nodeKey(of.spec.nodeName), machineKey(attempt.order.instance.id)])
      for (const key of keys) {
        const list = found.get(key)
        if (list === undefined) found.set(key, [{ of, act }])
        else list.push({ of, act })
      }
    }
  }
  return found
}

function provableUntil(repair: NodeRepair, attempt: Attempt, { view, policy }: Round): Millis {
  const { rung } = attempt
  // A time that is still to come, or is none, was written by somebody else: it must not hold the node for ever.
  const past = (text: string | undefined): Millis | undefined => {
    const at = parseRfc3339(text ?? '')
    return at === undefined || at > view.calendar ? undefined : at
  }
  const { verifyMs } = policy.roles[roleOf(repair, view)].ladder.find((one) => one.rung === rung) ?? RUNG_DEFAULTS[rung]
  const issuedAt = past(attempt.issuedAt) ?? repair.createdAt
  const finishedAt = past(attempt.finishedAt) ?? issuedAt
  return toMonotonic(view, Math.max(finishedAt, issuedAt + verifyMs))
}

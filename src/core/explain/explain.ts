import { formatDuration } from '../../lib/pure/duration.ts'
import { decideFor } from '../decide.ts'
import { isFailing } from '../evidence/clocks.ts'
import { statusAt } from '../evidence/node-health.ts'
import type { Wait, WaitReason } from '../model/effects.ts'
import type { EvidenceSource, FindingStatus } from '../model/finding.ts'
import type { MissingMember } from '../model/instance.ts'
import type { NodeRepair } from '../model/node-repair.ts'
import { isOpen, phaseOf } from '../model/node-repair.ts'
import type { Policy } from '../model/policy.ts'
import type { Explanation, GateResult, Verdict, View } from '../model/view.ts'
import { advanceAll } from '../repair/phases/advance-all.ts'
import { plural } from '../round/gate.ts'
import { beginRound } from '../round/round.ts'
import { HINT_FOR_WAIT, hintFor } from './hints.ts'

/**
 * Why heald acts on this node or does not: every gate with the numbers it compared, for any node. A healthy node is
 * judged as the suspect that it would be; a name that nobody knows gets the nearest known one.
 */
export function explain(node: string, view: View, policy: Policy): Explanation {
  const { verdicts } = decideFor(beginRound(view, policy, node))
  const verdict = verdicts.get(node)
  if (verdict === undefined) return unknownNode(node, view)
  const checks = checksOf(node, view)
  const suspect = checks.some(({ failingForMs }) => failingForMs !== undefined) || verdict.repair !== undefined
  const kind = suspect ? verdict.kind : 'healthy'
  const held = verdict.gates.filter(({ pass }) => !pass)
  const wait = verdict.repair === undefined ? undefined : waitOf(verdict.repair, view, policy, verdicts)
  return {
    node,
    kind,
    summary: summarize(kind, verdict, held, checks, wait),
    rung: suspect ? verdict.rung : undefined,
    gates: verdict.gates,
    checks,
    repair: repairOf(verdict, view, wait),
    ladder: ladderOf(node, view, policy),
    request: view.suspicions.get(node)?.request ?? lastRepair(verdict, view)?.spec.request,
    changes: suspect ? changesOf(held, wait, view) : ['a check that fails'],
  }
}

type Held = Wait & { readonly reason: WaitReason }

/** What keeps this repair from going on though its own phase would: others that are in its way. */
function waitOf(repair: string, view: View, policy: Policy, verdicts: ReadonlyMap<string, Verdict>): Held | undefined {
  const next = advanceAll(view, policy, verdicts).get(repair)
  return next !== undefined && 'wait' in next && next.reason !== undefined
    ? { ...next, reason: next.reason }
    : undefined
}

function unknownNode(node: string, view: View): Explanation {
  const parked = [...view.repairs.values()].find((repair) => repair.spec.nodeName === node)
  const machine = view.missing.find(
    ({ member: { nodeName, ref } }) => node === nodeName || node === ref.name || node === ref.id,
  )
  if (machine !== undefined) return missingMachine(node, machine, view)
  const last = parked === undefined ? '' : `; its last repair was ${parked.name} (${phaseOf(parked)})`
  return {
    node,
    kind: 'unknown-node',
    summary: `heald sees no node of this name among ${view.nodes.size}${last}`,
    rung: undefined,
    gates: [],
    checks: [],
    repair: undefined,
    ladder: [],
    changes: ['a Node object of this name: `kubectl get nodes` lists those that exist'],
  }
}

function missingMachine(node: string, { member, symptom, since }: MissingMember, view: View): Explanation {
  const { ref, power } = member
  const what = symptom === 'NeverJoined' ? 'no Node has come' : 'its Node is gone'
  return {
    node,
    kind: 'unknown-node',
    summary: `${symptom}: machine ${ref.name} (${ref.id}) is ${power}, and ${what} for ${formatDuration(view.now - since)}; a person has to look, heald acts on Nodes only`,
    rung: undefined,
    gates: [],
    checks: [],
    repair: undefined,
    ladder: [],
    changes: ['its kubelet registers a Node, or the machine is taken out of its group'],
  }
}

function summarize(
  kind: Explanation['kind'],
  { rung, repair }: Verdict,
  held: readonly GateResult[],
  checks: Explanation['checks'],
  wait: Held | undefined,
): string {
  const first = held[0]
  const more = held.length > 1 ? ` (and ${held.length - 1} more)` : ''
  switch (kind) {
    case 'healthy': {
      const unknown = checks.filter(({ status }) => status === 'unknown').length
      const blind = unknown === 0 ? '' : `; ${unknown} of ${plural(checks.length, 'check')} could not look`
      return `no check fails${blind}; there is nothing to repair`
    }
    case 'watch': {
      const due = held.find(({ gate }) => gate === 'UnhealthyFor' || gate === 'StartupGrace') ?? first
      return `watched, not due: ${due?.message ?? ''}`
    }
    case 'hold':
      return `${first?.gate ?? ''} says no: ${first?.message ?? ''}${more}`
    case 'repair':
      if (wait !== undefined) return `every gate says yes: ${rung} ${wait.why}`
      if (rung === 'human') return 'no rung of the ladder is left: it goes to a person'
      return repair === undefined
        ? `every gate says yes: a repair opens with ${rung}`
        : `every gate says yes: ${rung} comes next`
    case 'unknown-node':
      return ''
  }
}

function checksOf(node: string, view: View): Explanation['checks'] {
  return (view.suspicions.get(node)?.clocks ?? []).map((clock) => {
    const { check, finding, failingSince } = clock
    const status = statusAt(finding, view.now)
    return {
      check: check.name,
      status,
      reason: finding.reason,
      ...(isTold(check.plane, status) && finding.message !== undefined ? { message: finding.message } : {}),
      failingForMs: failingSince === undefined || !isFailing(clock, view.now) ? undefined : view.now - failingSince,
      needMs: check.unhealthyDurationMs,
    }
  })
}

/** Why something could not be seen, and what a person says. */
function isTold(plane: EvidenceSource, status: FindingStatus): boolean {
  return status === 'unknown' || plane === 'person'
}

function ladderOf(name: string, view: View, policy: Policy): Explanation['ladder'] {
  const node = view.nodes.get(name)
  return node === undefined ? [] : policy.roles[node.role].ladder.map(({ rung }) => rung)
}

function lastRepair({ node, repair: name }: Verdict, view: View): NodeRepair | undefined {
  return name === undefined ? newest(node, view) : view.repairs.get(name)
}

function repairOf(verdict: Verdict, view: View, wait: Held | undefined): Explanation['repair'] {
  const repair = lastRepair(verdict, view)
  if (repair === undefined) return undefined
  const { reason = '', message = '' } = repair.status ?? {}
  const told = [message, wait?.why ?? ''].filter(Boolean).join('; ')
  return { name: repair.name, phase: phaseOf(repair), reason, message: told }
}

/** The last repair of the node stays worth reading after it has ended. */
function newest(node: string, view: View): NodeRepair | undefined {
  let found: NodeRepair | undefined
  for (const repair of view.repairs.values()) {
    if (repair.spec.nodeName !== node || isOpen(repair)) continue
    if (found === undefined || repair.createdAt > found.createdAt) found = repair
  }
  return found
}

function changesOf(held: readonly GateResult[], wait: Held | undefined, view: View): readonly string[] {
  const changes = held.map((gate) => changeOf(gate, view))
  if (wait === undefined) return changes
  const most = wait.gatherUntil === undefined ? '' : `, or ${formatDuration(wait.gatherUntil - view.now)} of waiting`
  return [...changes, `${HINT_FOR_WAIT[wait.reason]}${most}`]
}

function changeOf({ gate, reason, changesAt }: GateResult, view: View): string {
  const when =
    changesAt === undefined || changesAt <= view.now ? '' : `, or ${formatDuration(changesAt - view.now)} of waiting`
  return `${gate}: ${hintFor(gate, reason)}${when}`
}

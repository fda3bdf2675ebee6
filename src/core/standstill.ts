import { unusableLedger } from './gates/evidence/ledger-usable.ts'
import { blindness } from './gates/evidence/own-sight.ts'
import { pausedEverywhere } from './gates/people/paused.ts'
import type { Policy } from './model/policy.ts'
import type { Decision, GateResult, View } from './model/view.ts'

/** Something that keeps heald from acting where it would act. */
export interface Standstill {
  /** `GATE REASON`: the same for as long as it is the same trouble. */
  readonly key: string
  readonly message: string
  /** Some of the nodes that are due and held by it, each with what its gate says; empty: it holds whoever fails. */
  readonly nodes: ReadonlyMap<string, string>
}

/** Thousands may be held by the same, at every round: so many are named. */
const NAMED = 10

/**
 * Why heald stands still now: what holds everybody, or else what keeps repairs of nodes that are due from being opened. An
 * open repair says itself what holds it.
 */
export function standstills(view: View, policy: Policy, { verdicts }: Decision): readonly Standstill[] {
  const everywhere = pausedEverywhere({ view }) ?? unusableLedger(view) ?? blindness({ view, policy })
  if (everywhere !== undefined) return [{ key: keyOf(everywhere), message: everywhere.message, nodes: new Map() }]
  const found = new Map<string, Map<GateResult['reason'], Map<string, string>>>()
  for (const { kind, repair, node, gates } of verdicts.values()) {
    const held = kind === 'hold' && repair === undefined ? gates.find(({ pass }) => !pass) : undefined
    // What is no machine of ours will never be acted on: heald waits for nothing there.
    if (held === undefined || held.reason === 'NotOurs') continue
    const ofGate = found.get(held.gate) ?? new Map<GateResult['reason'], Map<string, string>>()
    const nodes = ofGate.get(held.reason) ?? new Map<string, string>()
    found.set(held.gate, ofGate.set(held.reason, nodes))
    if (nodes.size < NAMED) nodes.set(node, held.message)
  }
  return [...found].flatMap(([gate, ofGate]) =>
    [...ofGate].map(([reason, nodes]) => toStandstill(keyOf({ gate, reason }), nodes)),
  )
}

function toStandstill(key: string, nodes: ReadonlyMap<string, string>): Standstill {
  const [first = '', ...others] = nodes.keys()
  const least = others.reduce((one, other) => (other < one ? other : one), first)
  return { key, message: `${least}: ${nodes.get(least)}`, nodes }
}

function keyOf({ gate, reason }: Pick<GateResult, 'gate' | 'reason'>): string {
  return `${gate} ${reason}`
}

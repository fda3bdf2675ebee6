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
  /** The first of the nodes that it holds, by name; undefined: it holds whoever fails. */
  readonly node: string | undefined
}

/**
 * Why heald stands still now: what holds everybody, or else what keeps repairs of nodes that are due from being opened. An
 * open repair says itself what holds it.
 */
export function standstills(view: View, policy: Policy, { verdicts }: Decision): readonly Standstill[] {
  const everywhere = pausedEverywhere({ view }) ?? unusableLedger(view) ?? blindness({ view, policy })
  if (everywhere !== undefined) return [toStandstill(everywhere, undefined)]
  const found = new Map<string, Standstill>()
  for (const { kind, repair, node, gates } of verdicts.values()) {
    const held = kind === 'hold' && repair === undefined ? gates.find(({ pass }) => !pass) : undefined
    if (held === undefined) continue
    const one = toStandstill(held, node)
    const other = found.get(one.key)?.node
    if (other === undefined || node < other) found.set(one.key, one)
  }
  return [...found.values()]
}

function toStandstill({ gate, reason, message }: GateResult, node: string | undefined): Standstill {
  return { key: `${gate} ${reason}`, message: node === undefined ? message : `${node}: ${message}`, node }
}

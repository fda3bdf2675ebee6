import type { Millis } from '../../core/model/primitives.ts'
import type { Decision, View } from '../../core/model/view.ts'

/** How long one node was held without a break, and the gate that came first. */
export interface Hold {
  readonly node: string
  readonly gate: string
  readonly reason: string
  readonly since: Millis
  readonly until: Millis
}

export interface Holds {
  see(view: View, decision: Decision): void
  /** Every stretch, in the order in which they ended. */
  all(now: Millis): readonly Hold[]
}

/** Its node is in good hands: that is no hold by which anything is kept from being done. */
const UNDER_WAY = 'AlreadyInRepair'

/** `began`: told of each hold as it begins. */
export function createHolds(began: (hold: Omit<Hold, 'until'>, message: string) => void): Holds {
  const open = new Map<string, Omit<Hold, 'until'>>()
  const ended: Hold[] = []
  return {
    see({ now }, { verdicts }) {
      for (const [node, hold] of open) {
        const verdict = verdicts.get(node)
        const isSame = verdict?.kind === 'hold' && verdict.gates.find(({ pass }) => !pass)?.reason === hold.reason
        if (isSame) continue
        open.delete(node)
        ended.push({ ...hold, until: now })
      }
      for (const { node, kind, gates } of verdicts.values()) {
        if (kind !== 'hold' || open.has(node)) continue
        const first = gates.find(({ pass }) => !pass)
        if (first === undefined || first.reason === UNDER_WAY) continue
        const hold = { node, gate: first.gate, reason: first.reason, since: now }
        open.set(node, hold)
        began(hold, first.message)
      }
    },
    all: (now) => [...ended, ...[...open.values()].map((hold) => ({ ...hold, until: now }))],
  }
}

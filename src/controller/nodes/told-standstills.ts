import { refsOf } from '../../core/model/object-ref.ts'
import type { Policy } from '../../core/model/policy.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Decision, View } from '../../core/model/view.ts'
import type { Tell } from '../../core/ports/log.ts'
import { standstills } from '../../core/standstill.ts'
import { formatDuration } from '../../lib/pure/duration.ts'

/** Less than this is no silence. */
const SILENCE_MS: Millis = 60_000

/** Of many nodes that are held by the same, one after the other, so many have an event of their own. */
const MOST_TOLD = 10

interface Standing {
  readonly begunAt: Millis
  told: boolean
  /** Since when it has held each node. */
  readonly since: Map<string, Millis>
  /** Nodes that were told of. */
  readonly named: Set<string>
}

/** Whatever makes heald stand still for more than a minute is told once, and again when it ends; so is each node that it holds. */
export function createToldStandstills(tell: Tell): (view: View, policy: Policy, decision: Decision) => void {
  const known = new Map<string, Standing>()
  return (view, policy, decision) => {
    const { now } = view
    const standing = new Set<string>()
    for (const { key, message, nodes } of standstills(view, policy, decision)) {
      standing.add(key)
      const entry: Standing = known.get(key) ?? { begunAt: now, told: false, since: new Map(), named: new Set() }
      known.set(key, entry)
      if (now - entry.begunAt >= SILENCE_MS && !entry.told) {
        entry.told = true
        const what = `heald has stood still for ${formatDuration(now - entry.begunAt)}: ${key}: ${message}`
        tell({ level: 'warn', reason: 'StandsStill', message: what, event: 'Warning' })
      }
      for (const node of entry.since.keys()) if (!nodes.has(node)) entry.since.delete(node)
      for (const [node, why] of nodes) {
        if (entry.named.size === MOST_TOLD) break
        const since = entry.since.get(node) ?? now
        entry.since.set(node, since)
        if (now - since < SILENCE_MS || entry.named.has(node)) continue
        entry.named.add(node)
        const what = `${node} is due and held: ${key}: ${why}`
        tell({ level: 'info', reason: 'Held', message: what, regarding: refsOf(node), event: 'Normal' })
      }
    }
    for (const [key, { begunAt, told }] of known) {
      if (standing.has(key)) continue
      known.delete(key)
      if (!told) continue
      tell({ level: 'info', reason: 'GoesOn', message: `${key}: that is over, after ${formatDuration(now - begunAt)}` })
    }
  }
}

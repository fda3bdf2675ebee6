import { refsOf } from '../../core/model/object-ref.ts'
import type { Policy } from '../../core/model/policy.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Decision, View } from '../../core/model/view.ts'
import type { Tell } from '../../core/ports/log.ts'
import { standstills } from '../../core/standstill.ts'
import { formatDuration } from '../../lib/pure/duration.ts'

/** Less than this is no silence. */
const SILENCE_MS: Millis = 60_000

/** Whatever makes heald stand still for more than a minute is told once, and again when it ends. */
export function createToldStandstills(tell: Tell): (view: View, policy: Policy, decision: Decision) => void {
  const known = new Map<string, { readonly since: Millis; told: boolean }>()
  return (view, policy, decision) => {
    const { now } = view
    const standing = new Set<string>()
    for (const { key, message, node } of standstills(view, policy, decision)) {
      standing.add(key)
      const entry = known.get(key) ?? { since: now, told: false }
      known.set(key, entry)
      if (entry.told || now - entry.since < SILENCE_MS) continue
      entry.told = true
      const what = `heald has stood still for ${formatDuration(now - entry.since)}: ${key}: ${message}`
      tell({ level: 'warn', reason: 'StandsStill', message: what, regarding: refsOf(node), event: 'Warning' })
    }
    for (const [key, { since, told }] of known) {
      if (standing.has(key)) continue
      known.delete(key)
      if (!told) continue
      tell({ level: 'info', reason: 'GoesOn', message: `${key}: that is over, after ${formatDuration(now - since)}` })
    }
  }
}

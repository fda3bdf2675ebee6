import type { ClusterHealth } from '../../../core/model/instance.ts'
import type { Millis } from '../../../core/model/primitives.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Log } from '../../../core/ports/log.ts'
import { whileDue } from '../../contract/act-signal.ts'
import { isCapi, type Magnum } from '../services/magnum.ts'
import { isBusy } from './stack-tree.ts'

const REPEAT_MS = 300_000
/**
 * Magnum notes the node count when it takes the health, and writes both: a resize in between would be taken back. So
 * nothing is sent while the cluster's record is this young.
 */
const SETTLED_MS = 60_000
/** A change of the record this close to our own telling was that telling. */
const OWN_MS = 5_000
const MOST_NODES = 200

export interface Reporter {
  report(health: ClusterHealth, signal: AbortSignal): Promise<void>
}

/** Tells Magnum how the cluster is: on a change, and every 5 min. A refusal is a warning and nothing more. */
export function createReporter({ magnum, clock, log }: { magnum: Magnum; clock: Clock; log: Log }): Reporter {
  let sent: { readonly text: string; readonly at: Millis } | undefined
  let patchedAt: Millis | undefined

  function isSettled(ageMs: Millis | undefined): boolean {
    if (ageMs === undefined || ageMs >= SETTLED_MS) return true
    return patchedAt !== undefined && Math.abs(clock.now() - patchedAt - ageMs) < OWN_MS
  }

  async function send(health: ClusterHealth, text: string, signal: AbortSignal): Promise<void> {
    const cluster = await magnum.cluster(signal)
    if (isCapi(cluster)) {
      // Those drivers keep the health themselves.
      sent = { text, at: clock.now() }
      return
    }
    // Otherwise than complete, Magnum takes it and drops it without a word.
    if (!/_COMPLETE$/.test(cluster.status ?? '') || !isSettled(magnum.ageOf(cluster))) return
    const groups = await magnum.groups(signal)
    if (groups.some(({ status }) => isBusy(status))) return
    const state = health.healthy ? 'HEALTHY' : 'UNHEALTHY'
    // It is what was seen, and touches no machine: no fence is over for it.
    await whileDue(
      () => false,
      (due) => magnum.patchHealth(state, reasonOf(health), due),
      signal,
    )
    patchedAt = clock.now()
    sent = { text, at: patchedAt }
  }

  return {
    async report(health, signal) {
      const text = JSON.stringify([health.healthy, reasonOf(health)])
      if (sent?.text === text && clock.now() - sent.at < REPEAT_MS) return
      try {
        await send(health, text, signal)
      } catch (thrown) {
        signal.throwIfAborted()
        if (!(thrown instanceof ProviderError)) throw thrown
        log.warn({ error: thrown.message }, 'Magnum did not take the health')
        // Not again at once: what was refused is refused again.
        sent = { text, at: clock.now() }
      }
    },
  }
}

/** What is ill, by node; a map of texts, because Magnum takes nothing else. */
export function reasonOf({ nodes }: ClusterHealth): Readonly<Record<string, string>> {
  const ill = [...nodes].filter(([, { ready }]) => !ready).sort(([a], [b]) => (a < b ? -1 : 1))
  const named = ill.slice(0, MOST_NODES).map(([name, { reason }]) => [`${name}.Ready`, reason ?? 'error'] as const)
  const more = ill.length > MOST_NODES ? [['more', String(ill.length - MOST_NODES)] as const] : []
  return Object.fromEntries([...named, ...more, ['nodes', String(nodes.size)] as const])
}

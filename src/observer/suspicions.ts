import type { CheckClock, Finding } from '../core/model/finding.ts'
import type { Heartbeat, NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Suspicion } from '../core/model/view.ts'
import { createWitnesses, type Seeing } from './witnesses.ts'

/** Where everything that suspicions are made of is found, by node name. All of it is replaced, but for heartbeats. */
export interface SuspicionSources {
  clocksOf(node: string): readonly CheckClock[]
  heartbeatOf(node: string): Heartbeat | undefined
  lookAt(
    node: string,
  ): { readonly probe: Finding | undefined; readonly localVolumes: Suspicion['localVolumes'] } | undefined
  cordonedSince(node: string): Millis | undefined
}

/** What they are judged by, the same for all nodes. */
export interface SuspicionRules extends Seeing {
  readonly now: Millis
  readonly heartbeatMaxAgeMs: Millis
}

interface Entry {
  readonly node: NodeFacts
  /** The moment, not the object: heartbeats are renewed in place. */
  readonly heartbeatAt: Millis | undefined
  readonly probe: Finding | undefined
  /** The last moment at which the witnesses say the same by time alone. */
  readonly until: Millis
  suspicion: Suspicion
}

/**
 * The suspicions of a view: each is one object for as long as its inputs stay the same ones, so that a round over
 * 15,000 suspects makes anew only those of which something was seen since the last one.
 */
export function createSuspicions(): {
  of(nodes: readonly NodeFacts[], sources: SuspicionSources, rules: SuspicionRules): ReadonlyMap<string, Suspicion>
} {
  let entries = new Map<string, Entry>()
  /** Of the last round: mostly the same nodes come in the same order, and the next one needs not be looked for by name. */
  const order: Entry[] = []
  let judgedBy: SuspicionRules | undefined
  return {
    of(nodes, sources, rules) {
      const { seeingSince, heartbeatMaxAgeMs, now } = rules
      if (judgedBy?.seeingSince !== seeingSince || judgedBy.heartbeatMaxAgeMs !== heartbeatMaxAgeMs) {
        entries.clear()
        order.length = 0
      }
      judgedBy = rules
      const witnessesOf = createWitnesses(rules)
      const suspicions = new Map<string, Suspicion>()
      for (const [index, node] of nodes.entries()) {
        const { name } = node
        const clocks = sources.clocksOf(name)
        const heartbeat = sources.heartbeatOf(name)
        const look = sources.lookAt(name)
        const cordonedSince = sources.cordonedSince(name)
        let entry = order[index]
        if (entry?.suspicion.node !== name) entry = entries.get(name)
        const said =
          entry !== undefined &&
          entry.node === node &&
          entry.heartbeatAt === heartbeat?.changedAt &&
          entry.probe === look?.probe &&
          now <= entry.until
        if (entry === undefined || !said) {
          const probe = look?.probe
          const { witnesses, until } = witnessesOf(node, heartbeat, probe)
          const suspicion = { node: name, clocks, witnesses, cordonedSince, localVolumes: look?.localVolumes }
          entry = { node, heartbeatAt: heartbeat?.changedAt, probe, until, suspicion }
          entries.set(name, entry)
        } else if (!isMadeOf(entry.suspicion, clocks, cordonedSince, look?.localVolumes)) {
          // The checks are asked far more often than the witnesses: those say what they said.
          entry.suspicion = { ...entry.suspicion, clocks, cordonedSince, localVolumes: look?.localVolumes }
        }
        order[index] = entry
        suspicions.set(name, entry.suspicion)
      }
      order.length = nodes.length
      // Who is no suspect any more would stay for ever.
      if (entries.size > suspicions.size) {
        entries = new Map([...entries].filter(([name]) => suspicions.has(name)))
      }
      return suspicions
    },
  }
}

function isMadeOf(
  suspicion: Suspicion,
  clocks: Suspicion['clocks'],
  cordonedSince: Suspicion['cordonedSince'],
  localVolumes: Suspicion['localVolumes'],
): boolean {
  return (
    suspicion.clocks === clocks && suspicion.cordonedSince === cordonedSince && suspicion.localVolumes === localVolumes
  )
}

import type { CheckClock, Finding } from '../core/model/finding.ts'
import type { Heartbeat, NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Suspicion } from '../core/model/view.ts'
import { witnessesOf } from './witnesses.ts'

/** Everything that one node's suspicion is made of. All of it is replaced, never changed, but for the heartbeat. */
export interface SuspicionInputs {
  readonly clocks: readonly CheckClock[]
  readonly heartbeat: Heartbeat | undefined
  readonly probe: Finding | undefined
  readonly cordonedSince: Millis | undefined
  readonly localVolumes: readonly string[] | undefined
}

/** What they are judged by, the same for all nodes. */
export interface SuspicionRules {
  readonly now: Millis
  readonly seeingSince: Millis
  readonly heartbeatMaxAgeMs: Millis
}

interface Entry extends Omit<SuspicionInputs, 'heartbeat'> {
  readonly node: NodeFacts
  /** The moment, not the object: heartbeats are renewed in place. */
  readonly heartbeatAt: Millis | undefined
  readonly seeingSince: Millis
  readonly heartbeatMaxAgeMs: Millis
  /** The last moment at which the witnesses say the same by time alone. */
  readonly until: Millis
  readonly suspicion: Suspicion
}

/**
 * The suspicions of a view: each is one object for as long as its inputs stay the same ones, so that a round over
 * 15,000 suspects makes anew only those of which something was seen since the last one.
 */
export function createSuspicions(): {
  of(
    nodes: readonly NodeFacts[],
    inputsOf: (node: NodeFacts) => SuspicionInputs,
    rules: SuspicionRules,
  ): ReadonlyMap<string, Suspicion>
} {
  let entries = new Map<string, Entry>()
  return {
    of(nodes, inputsOf, rules) {
      const suspicions = new Map<string, Suspicion>()
      for (const node of nodes) {
        const inputs = inputsOf(node)
        const known = entries.get(node.name)
        if (known !== undefined && stands(known, node, inputs, rules)) suspicions.set(node.name, known.suspicion)
        else {
          const entry = makeEntry(node, inputs, rules)
          entries.set(node.name, entry)
          suspicions.set(node.name, entry.suspicion)
        }
      }
      // Who is no suspect any more would stay for ever.
      if (entries.size > suspicions.size) {
        entries = new Map([...entries].filter(([name]) => suspicions.has(name)))
      }
      return suspicions
    },
  }
}

function stands(entry: Entry, node: NodeFacts, inputs: SuspicionInputs, rules: SuspicionRules): boolean {
  return (
    entry.node === node &&
    entry.clocks === inputs.clocks &&
    entry.heartbeatAt === inputs.heartbeat?.changedAt &&
    entry.probe === inputs.probe &&
    entry.cordonedSince === inputs.cordonedSince &&
    entry.localVolumes === inputs.localVolumes &&
    entry.seeingSince === rules.seeingSince &&
    entry.heartbeatMaxAgeMs === rules.heartbeatMaxAgeMs &&
    rules.now <= entry.until
  )
}

function makeEntry(node: NodeFacts, inputs: SuspicionInputs, rules: SuspicionRules): Entry {
  const { clocks, heartbeat, probe, cordonedSince, localVolumes } = inputs
  const { witnesses, until } = witnessesOf(node, heartbeat, probe, rules)
  const suspicion = { node: node.name, clocks, witnesses, cordonedSince, localVolumes }
  const { seeingSince, heartbeatMaxAgeMs } = rules
  return {
    node,
    clocks,
    heartbeatAt: heartbeat?.changedAt,
    probe,
    cordonedSince,
    localVolumes,
    seeingSince,
    heartbeatMaxAgeMs,
    until,
    suspicion,
  }
}

import type { NodeFacts } from '../../core/model/node.ts'
import { DEFAULT_OWNER } from '../../core/model/node-repair.ts'
import { LedgerConflictError } from '../../core/ports/ledger.ts'
import type { NodeApi } from '../../core/ports/node-api.ts'
import { markPatch, type NodePatch, REQUEST_OVER, unmarkPatch } from '../../kube/node/marks.ts'
import type { LinkBoard } from './links.ts'
import type { NodeRegistry } from './node-registry.ts'

/** What heald reads and changes of a Node without its cache. Every node drains in one pass, and holds no local volume. */
export function createFleetNodeApi(registry: NodeRegistry, links: LinkBoard): NodeApi {
  const { reach } = links
  const patch = (facts: NodeFacts, change: NodePatch | undefined, signal: AbortSignal): NodeFacts => {
    reach(signal)
    if (change === undefined) return facts
    const held = registry.nodes.get(facts.name)
    if (held?.uid !== facts.uid || held.resourceVersion !== facts.resourceVersion) {
      throw new LedgerConflictError(`fleet: Node ${facts.name}: the stored object moved on`)
    }
    const annotations = Object.entries({ ...held.annotations, ...change.annotations })
    return registry.patch(facts.name, {
      annotations: Object.fromEntries(annotations.filter((entry): entry is [string, string] => entry[1] !== null)),
      unschedulable: change.unschedulable === undefined ? held.unschedulable : change.unschedulable === true,
    })
  }
  return {
    async get(name, signal) {
      reach(signal)
      return registry.nodes.get(name)
    },
    async heartbeat(name, signal) {
      reach(signal)
      const beat = registry.beatsOf(name)?.lastAt(links.seenAt)
      return beat === undefined ? undefined : String(beat)
    },
    mark: async (facts, repair, { cordon }, signal) =>
      patch(facts, markPatch(facts, { owner: DEFAULT_OWNER, repair }, cordon), signal),
    unmark: async (facts, { keepCordon }, signal) => patch(facts, unmarkPatch(facts, keepCordon), signal),
    dropRequest: async (facts, signal) => patch(facts, REQUEST_OVER, signal),
    async delete(name, uid, signal) {
      reach(signal)
      if (registry.nodes.get(name)?.uid === uid) registry.remove(name)
    },
    async drainPass(_name, signal) {
      reach(signal)
      return { left: 0, blocked: [] }
    },
    async localVolumes(_name, signal) {
      reach(signal)
      return []
    },
  }
}

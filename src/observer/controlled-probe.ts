import { NO_CONTROL } from '../core/evidence/sources.ts'
import type { Finding } from '../core/model/finding.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'

export type Probe = (node: NodeFacts, signal: AbortSignal) => Promise<Finding>

/** Asked of well nodes, and needed of them: of the suspect's own pool, and of others. As many as there are, if fewer. */
const OWN_POOL = { asked: 3, needed: 2 }
const OTHERS = { asked: 2, needed: 1 }
/** Many suspects of one moment share the answers of the same well nodes. */
const KEPT_MS: Millis = 5_000

/**
 * A handshake that fails is evidence only while those with well nodes succeed: otherwise it is our own way to the nodes
 * that is broken, and nobody knows. Costs a quiet cluster nothing, because only suspects are probed.
 */
export function createControlledProbe({
  clock,
  probe,
  wellNodes,
}: {
  readonly clock: Clock
  readonly probe: Probe
  readonly wellNodes: () => Iterable<NodeFacts>
}): Probe {
  const kept = new Map<string, { readonly at: Millis; readonly passes: Promise<boolean> }>()

  const answers = (node: NodeFacts, signal: AbortSignal): Promise<boolean> => {
    const now = clock.now()
    for (const [name, { at }] of kept) if (now - at >= KEPT_MS) kept.delete(name)
    const known = kept.get(node.name)
    if (known !== undefined) return known.passes
    const passes = probe(node, signal).then(
      ({ status }) => status === 'pass',
      () => false,
    )
    kept.set(node.name, { at: now, passes })
    return passes
  }

  return async (node, signal) => {
    const finding = await probe(node, signal)
    if (finding.status !== 'fail') return finding
    const { own, others } = controlsFor(node, wellNodes())
    const passed = async (group: readonly NodeFacts[]): Promise<number> =>
      (await Promise.all(group.map((one) => answers(one, signal)))).filter(Boolean).length
    const [ofOwn, ofOthers] = await Promise.all([passed(own), passed(others)])
    const enough =
      ofOwn + ofOthers > 0 &&
      ofOwn >= Math.min(OWN_POOL.needed, own.length) &&
      ofOthers >= Math.min(OTHERS.needed, others.length)
    if (enough) return finding
    const message = `heald cannot see: of ${own.length + others.length} well nodes ${ofOwn + ofOthers} answered its handshake, so that of ${node.name} (${finding.reason}) says nothing`
    return { ...finding, status: 'unknown', reason: NO_CONTROL, message }
  }
}

function controlsFor(
  suspect: NodeFacts,
  wellNodes: Iterable<NodeFacts>,
): { readonly own: readonly NodeFacts[]; readonly others: readonly NodeFacts[] } {
  const own: NodeFacts[] = []
  const others: NodeFacts[] = []
  for (const node of wellNodes) {
    if (own.length >= OWN_POOL.asked && others.length >= OTHERS.asked) break
    const group = node.pool === suspect.pool ? own : others
    const { asked } = group === own ? OWN_POOL : OTHERS
    if (group.length < asked && node.name !== suspect.name) group.push(node)
  }
  return { own, others }
}

import { isSameRequest, type Requested, requestOf } from '../annotations/request.ts'
import type { NodeFacts } from '../model/node.ts'
import { isOpen, isProvenUnsent, type NodeRepair, phaseOf, type RepairRequest } from '../model/node-repair.ts'
import type { View } from '../model/view.ts'

/**
 * What has become of a person's request. `stands`: nothing was done by it yet. `waits`: another repair of the node is
 * open, or the first step of its own is under way. `used`: one request is one repair, whatever came of that.
 */
export type RequestState =
  | Exclude<Requested, { readonly state: 'valid' }>
  | { readonly state: 'stands'; readonly request: RepairRequest }
  | { readonly state: 'waits' | 'used'; readonly request: RepairRequest; readonly repair: NodeRepair }

/** Found in what is stored alone, so that a successor says the same. */
export function requestState(
  node: Pick<NodeFacts, 'name' | 'annotations'>,
  { repairs, installation, calendar }: Pick<View, 'repairs' | 'installation' | 'calendar'>,
): RequestState {
  const asked = requestOf(node, calendar)
  if (asked.state === 'none' || asked.state === 'unreadable') return asked
  const { request } = asked
  const isIts = ({ spec }: NodeRepair): boolean => spec.nodeName === node.name && isSameRequest(spec.request, request)
  // While another heald has only opened one by it, the gate OtherActor says who goes on.
  for (const repair of installation.others.values()) {
    if (isIts(repair) && isDone(repair)) return { state: 'used', request, repair }
  }
  let other: NodeRepair | undefined
  for (const repair of repairs.values()) {
    // A stand-in of dry-run does nothing that could use a request up.
    if (repair.spec.nodeName !== node.name || repair.uid === '') continue
    if (!isIts(repair)) {
      if (isOpen(repair)) other ??= repair
    } else if (isDone(repair)) return { state: 'used', request, repair }
    else if (phaseOf(repair) === 'Acting') return { state: 'waits', request, repair }
  }
  if (asked.state === 'expired') return { state: 'expired', request }
  return other === undefined ? { state: 'stands', request } : { state: 'waits', request, repair: other }
}

/** Anything was done by it that may have changed the machine, or nothing more will be. */
function isDone(repair: NodeRepair): boolean {
  const phase = phaseOf(repair)
  if (phase !== 'Pending' && phase !== 'Draining' && phase !== 'Acting') return true
  return (repair.status?.attempts ?? []).some((attempt) => attempt.state !== 'Issued' && !isProvenUnsent(attempt))
}

/** The person's word by which this repair was opened holds no more, and nothing was done by it. */
export function isTakenBack(repair: NodeRepair, view: View): boolean {
  const { nodeName, request } = repair.spec
  if (request === undefined || isDone(repair)) return false
  const node = view.nodes.get(nodeName)
  return node !== undefined && requestState(node, view).state !== 'stands'
}

import { foreignOwner, readMarks } from '../annotations/marks.ts'
import type { Announcement } from '../model/effects.ts'
import type { NodeFacts } from '../model/node.ts'
import type { NodeRepair, NodeRepairStatus } from '../model/node-repair.ts'
import { isOpen, phaseOf } from '../model/node-repair.ts'
import type { View } from '../model/view.ts'
import { say, statusOf } from './status.ts'

/** What of a Node's marks goes back now. */
export interface Release {
  /** Written first: a person uncordoned in the middle, and this repair must never cordon again. */
  readonly remember?: { readonly repair: NodeRepair; readonly status: NodeRepairStatus }
  /** The cordon that the Node has now is a person's. */
  readonly keepCordon: boolean
  readonly said: Announcement
}

/** A person uncordoned in the middle of this repair: it never cordons again. */
export function isLiftedByPerson(repair: NodeRepair, node: NodeFacts): boolean {
  const marks = readMarks(node)
  const lifted = marks?.repair === repair.name && marks.cordon && !node.unschedulable
  return lifted || repair.status?.cordon === 'lifted-by-person'
}

/** Before a drain. A node that is cordoned already, by whomever, takes no new pods. */
export function needsCordon(repair: NodeRepair, node: NodeFacts): boolean {
  return !node.unschedulable && !isLiftedByPerson(repair, node)
}

/** What is to be taken back of heald's own marks on this Node; undefined: nothing now. No switch blocks it. */
export function releaseOf(node: NodeFacts, view: View): Release | undefined {
  const marks = readMarks(node)
  if (foreignOwner(node, view.installation.owner) !== undefined) return undefined
  // Whether an unreadable repair still needs its marks, nobody knows.
  if (marks === undefined || view.unreadable.has(node.name)) return undefined
  const repair = view.repairs.get(marks.repair)
  const liftedByPerson = marks.cordon && (!node.unschedulable || repair?.status?.cordon === 'lifted-by-person')
  const keeper = keepsMarks(repair) ? repair : undefined
  if (keeper !== undefined && !liftedByPerson) return undefined
  if (repair !== undefined && view.timers.get(repair.name)?.busy === true) return undefined
  // A cordon that came after a person had lifted ours is theirs, whatever the mark still says.
  const keepCordon = liftedByPerson
  if (keeper === undefined) {
    return { keepCordon, said: say('MarksLifted', `heald's marks on ${node.name} are taken back`) }
  }
  const message = `a person uncordoned ${node.name}: heald will not cordon it again in this repair`
  const said = say('UncordonedByPerson', message)
  if (keeper.status?.cordon === 'lifted-by-person') return { keepCordon, said }
  const status: NodeRepairStatus = { ...statusOf(keeper, view), cordon: 'lifted-by-person' }
  return { keepCordon, said, remember: { repair: keeper, status } }
}

/** A repair that has begun to act keeps its marks on the Node until it ends. */
function keepsMarks(repair: NodeRepair | undefined): boolean {
  if (repair === undefined || !isOpen(repair)) return false
  return phaseOf(repair) !== 'Pending' || (repair.status?.attempts.length ?? 0) > 0
}

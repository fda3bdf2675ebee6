import { MARKS_ANNOTATION, readMarks } from '../../core/annotations/marks.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { isOpen, phaseOf } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { View } from '../../core/model/view.ts'
import { statusOf } from '../../core/repair/status.ts'
import { asError } from '../../lib/errors.ts'
import type { TermContext } from './term-context.ts'

/** A person uncordoned in the middle of this repair: it never cordons again. */
export function isLiftedByPerson(repair: NodeRepair, node: NodeFacts): boolean {
  const marks = readMarks(node)
  const lifted = marks?.repair === repair.name && marks.cordon && !node.unschedulable
  return lifted || repair.status?.cordon === 'lifted-by-person'
}

/** A repair that has begun to act keeps its marks on the Node until it ends. */
function keepsMarks(repair: NodeRepair | undefined): boolean {
  if (repair === undefined || !isOpen(repair)) return false
  return phaseOf(repair) !== 'Pending' || (repair.status?.attempts.length ?? 0) > 0
}

/**
 * Takes back heald's own cordons and annotations wherever no repair needs them: a reconcile of its own that no switch
 * blocks and no crash can lose, since it starts from what the Nodes say.
 */
export function createMarkRelease(nodes: TermContext['nodes']): {
  run(context: TermContext): Promise<void>
  close(): void
} {
  const marked = new Set<string>()
  let closed = false
  const note = (name: string, node: NodeFacts | undefined): void => {
    if (closed || node?.annotations[MARKS_ANNOTATION] === undefined) marked.delete(name)
    else marked.add(name)
  }
  for (const [name, node] of nodes.items) note(name, node)
  nodes.onChange(note)

  return {
    async run(context) {
      let view: View | undefined
      for (const name of [...marked]) {
        const node = nodes.items.get(name)
        if (node === undefined) continue
        const marks = readMarks(node)
        if (marks === undefined) continue
        view ??= context.view()
        const { repairs, unreadable } = view
        // Whether an unreadable repair still needs its marks, nobody knows.
        if (unreadable.has(name)) continue
        const repair = repairs.get(marks.repair)
        const liftedByPerson = marks.cordon && (!node.unschedulable || repair?.status?.cordon === 'lifted-by-person')
        if (keepsMarks(repair) && !liftedByPerson) continue
        if (repair !== undefined && context.slots.of(repair).busy !== undefined) continue
        // A cordon that came after a person had lifted ours is theirs, whatever the mark still says.
        const keepCordon = liftedByPerson
        const keeper = keepsMarks(repair) ? repair : undefined
        await undoOne(context, view, node, keeper, keepCordon).catch((thrown: unknown) => {
          context.term.signal.throwIfAborted()
          context.tell({
            level: 'warn',
            reason: 'UndoFailed',
            message: `${name}: ${asError(thrown).message}`,
            regarding: refsOf(name),
          })
        })
        // Others have gone on while we wrote.
        view = undefined
      }
    },
    close() {
      closed = true
      marked.clear()
    },
  }
}

async function undoOne(
  context: TermContext,
  view: View,
  node: NodeFacts,
  repair: NodeRepair | undefined,
  keepCordon: boolean,
): Promise<void> {
  const { term } = context
  if (repair !== undefined && repair.status?.cordon !== 'lifted-by-person') {
    // A person uncordoned in the middle: remember it first, so that this repair never cordons again.
    await context.records.save(repair, { ...statusOf(repair, view), cordon: 'lifted-by-person' }, term.signal)
  }
  const after = await context.nodeApi.unmark(node, { keepCordon }, term.signal)
  context.nodes.applyWrite(node.name, after)
  context.tell({
    level: 'info',
    reason: repair === undefined ? 'MarksLifted' : 'UncordonedByPerson',
    message:
      repair === undefined
        ? `heald's marks on ${node.name} are taken back`
        : `a person uncordoned ${node.name}: heald will not cordon it again in this repair`,
    regarding: refsOf(node.name),
    event: 'Normal',
  })
}

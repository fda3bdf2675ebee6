import { MARKS_ANNOTATION } from '../../core/annotations/marks.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import { type Release, releaseOf } from '../../core/repair/node-marks.ts'
import { createNodeUndo, type NodeUndo } from './node-undo.ts'
import type { TermContext } from './term-context.ts'

/**
 * Takes back heald's own cordons and annotations wherever no repair needs them: a reconcile of its own that no switch
 * blocks and no crash can lose, since it starts from what the Nodes say.
 */
export function createMarkRelease(nodes: TermContext['nodes']): NodeUndo {
  return createNodeUndo(MARKS_ANNOTATION, nodes, (context, node, view) => {
    const release = releaseOf(node, view)
    return release && takeBack(context, node, release)
  })
}

async function takeBack(context: TermContext, node: NodeFacts, { remember, keepCordon, said }: Release): Promise<void> {
  const { term, records } = context
  if (remember !== undefined) await records.save(remember.repair, remember.status, term.signal)
  const after = await context.nodeApi.unmark(node, { keepCordon }, term.signal)
  context.nodes.applyWrite(node.name, after)
  context.tell({ ...said, regarding: refsOf(node.name), event: 'Normal' })
}

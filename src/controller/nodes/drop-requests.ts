import { REQUEST_ANNOTATION } from '../../core/annotations/request.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import { requestState } from '../../core/repair/request-state.ts'
import { createNodeUndo, type NodeUndo } from './node-undo.ts'
import type { TermContext } from './term-context.ts'

/**
 * Takes requests off the Nodes that were used or have expired. What a request has led to is told by its NodeRepair: that
 * it still stands on the Node does not have it used twice.
 */
export function createRequestRemoval(nodes: TermContext['nodes']): NodeUndo {
  return createNodeUndo(REQUEST_ANNOTATION, nodes, (context, node, view) => {
    const { state } = requestState(node, view)
    return state === 'used' || state === 'expired' ? drop(context, node) : undefined
  })
}

async function drop({ nodeApi, nodes, term }: TermContext, node: NodeFacts): Promise<void> {
  nodes.applyWrite(node.name, await nodeApi.dropRequest(node, term.signal))
}

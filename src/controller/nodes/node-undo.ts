import type { NodeFacts } from '../../core/model/node.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { View } from '../../core/model/view.ts'
import { asError } from '../../lib/errors.ts'
import { asTold, type TermContext } from './term-context.ts'

export interface NodeUndo {
  run(context: TermContext): Promise<void>
  close(): void
}

/**
 * Goes through the Nodes that bear `annotation` and has `undo` take something back there; undefined: nothing is to be done
 * now. What fails is told, and tried again in the next round; the other Nodes have their turn all the same.
 */
export function createNodeUndo(
  annotation: string,
  nodes: TermContext['nodes'],
  undo: (context: TermContext, node: NodeFacts, view: View) => Promise<void> | undefined,
): NodeUndo {
  const bearers = new Set<string>()
  const failures = new Map<string, number>()
  let closed = false
  const note = (name: string, node: NodeFacts | undefined): void => {
    if (closed || node?.annotations[annotation] === undefined) {
      bearers.delete(name)
      failures.delete(name)
    } else bearers.add(name)
  }
  for (const [name, node] of nodes.items) note(name, node)
  nodes.onChange(note)

  return {
    async run(context) {
      let view: View | undefined
      for (const name of [...bearers]) {
        const node = nodes.items.get(name)
        if (node === undefined) continue
        view ??= context.view()
        const undone = undo(context, node, view)
        if (undone === undefined) continue
        const times = (failures.get(name) ?? 0) + 1
        failures.delete(name)
        await undone.catch((thrown: unknown) => {
          context.term.signal.throwIfAborted()
          failures.set(name, times)
          const message = `${name}: ${asError(thrown).message}`
          context.tell({ ...asTold(thrown, 'UndoFailed', times), message, regarding: refsOf(name) })
        })
        // Others have gone on while we wrote.
        view = undefined
      }
    },
    close() {
      closed = true
      bearers.clear()
      failures.clear()
    },
  }
}

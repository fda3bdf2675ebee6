import { REQUEST_ANNOTATION } from '../../core/annotations/request.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import { requestState } from '../../core/repair/request-state.ts'
import { asError } from '../../lib/errors.ts'
import { asTold, type TermContext } from './term-context.ts'

/**
 * Takes requests off the Nodes that were used or have expired. What a request has led to is told by its NodeRepair: that
 * it still stands on the Node does not have it used twice.
 */
export function createRequestRemoval(nodes: TermContext['nodes']): {
  run(context: TermContext): Promise<void>
  close(): void
} {
  const failures = new Map<string, number>()
  const asked = new Set<string>()
  let closed = false
  const note = (name: string, node: NodeFacts | undefined): void => {
    if (!closed && node?.annotations[REQUEST_ANNOTATION] !== undefined) asked.add(name)
    else asked.delete(name)
  }
  for (const [name, node] of nodes.items) note(name, node)
  nodes.onChange(note)

  return {
    async run(context) {
      const { term, nodeApi, tell } = context
      for (const name of [...asked]) {
        const node = nodes.items.get(name)
        if (node === undefined) continue
        const { state } = requestState(node, context.view())
        if (state !== 'used' && state !== 'expired') continue
        const times = (failures.get(name) ?? 0) + 1
        failures.delete(name)
        try {
          nodes.applyWrite(name, await nodeApi.dropRequest(node, term.signal))
        } catch (thrown) {
          term.signal.throwIfAborted()
          failures.set(name, times)
          const message = `${name}: ${asError(thrown).message}`
          tell({ ...asTold(thrown, 'UndoFailed', times), message, regarding: refsOf(name) })
        }
      }
    },
    close() {
      closed = true
      asked.clear()
    },
  }
}

import { MARKS_ANNOTATION } from '../../core/annotations/marks.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { View } from '../../core/model/view.ts'
import { type Release, releaseOf } from '../../core/repair/node-marks.ts'
import { asError } from '../../lib/errors.ts'
import { asTold, type TermContext } from './term-context.ts'

/**
 * Takes back heald's own cordons and annotations wherever no repair needs them: a reconcile of its own that no switch
 * blocks and no crash can lose, since it starts from what the Nodes say.
 */
export function createMarkRelease(nodes: TermContext['nodes']): {
  run(context: TermContext): Promise<void>
  close(): void
} {
  const marked = new Set<string>()
  const failures = new Map<string, number>()
  let closed = false
  const note = (name: string, node: NodeFacts | undefined): void => {
    if (closed || node?.annotations[MARKS_ANNOTATION] === undefined) {
      marked.delete(name)
      failures.delete(name)
    } else marked.add(name)
  }
  for (const [name, node] of nodes.items) note(name, node)
  nodes.onChange(note)

  return {
    async run(context) {
      let view: View | undefined
      for (const name of [...marked]) {
        const node = nodes.items.get(name)
        if (node === undefined) continue
        view ??= context.view()
        const release = releaseOf(node, view)
        if (release === undefined) continue
        const times = (failures.get(name) ?? 0) + 1
        failures.delete(name)
        await takeBack(context, node, release).catch((thrown: unknown) => {
          context.term.signal.throwIfAborted()
          failures.set(name, times)
          context.tell({
            ...asTold(thrown, 'UndoFailed', times),
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
      failures.clear()
    },
  }
}

async function takeBack(context: TermContext, node: NodeFacts, { remember, keepCordon, said }: Release): Promise<void> {
  const { term, records } = context
  if (remember !== undefined) await records.save(remember.repair, remember.status, term.signal)
  const after = await context.nodeApi.unmark(node, { keepCordon }, term.signal)
  context.nodes.applyWrite(node.name, after)
  context.tell({ ...said, regarding: refsOf(node.name), event: 'Normal' })
}

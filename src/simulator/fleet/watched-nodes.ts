import type { NodeFacts } from '../../core/model/node.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { untilAborted } from '../../lib/abort.ts'
import { createCopy } from './copy.ts'
import type { LinkBoard } from './links.ts'
import type { NodeRegistry } from './node-registry.ts'

/** heald's copy of the Nodes: follows at once while heald reaches the API server, and lists anew when it does again. */
export function createWatchedNodes(registry: NodeRegistry, links: LinkBoard): Watched<NodeFacts> {
  const copy = createCopy<NodeFacts>()
  /** Something has changed that this copy does not know; at first, everything. */
  let behind = true
  let listed = false

  const follow = (name: string): void => {
    if (listed && links.open) copy.applyWrite(name, registry.nodes.get(name))
    else behind = true
  }
  const list = (): void => {
    if (!listed || !links.open || !behind) return
    behind = false
    for (const name of new Set([...copy.items.keys(), ...registry.nodes.keys()])) follow(name)
  }
  registry.onChange(follow)
  links.onChange(list)

  return {
    ...copy,
    get seenAt() {
      return listed ? links.aliveAt : undefined
    },
    run(signal) {
      listed = true
      list()
      return untilAborted(signal)
    },
  }
}

import type { NodeFacts } from '../../core/model/node.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { untilAborted } from '../../lib/abort.ts'
import type { LinkBoard } from './links.ts'
import type { NodeRegistry } from './node-registry.ts'

type Listener = Parameters<Watched<NodeFacts>['onChange']>[0]

/** heald's copy of the Nodes: follows at once while heald reaches the API server, and lists anew when it does again. */
export function createWatchedNodes(registry: NodeRegistry, links: LinkBoard): Watched<NodeFacts> {
  const items = new Map<string, NodeFacts>()
  const listeners: Listener[] = []
  /** Something has changed that this copy does not know; at first, everything. */
  let behind = true
  let listed = false

  const change = (name: string, after: NodeFacts | undefined): void => {
    const before = items.get(name)
    if (before === after || before?.resourceVersion === after?.resourceVersion) return
    if (after === undefined) items.delete(name)
    else items.set(name, after)
    for (const listener of listeners) listener(name, after, before)
  }
  const follow = (name: string): void => {
    if (listed && links.open) change(name, registry.nodes.get(name))
    else behind = true
  }
  const list = (): void => {
    if (!listed || !links.open || !behind) return
    behind = false
    for (const name of new Set([...items.keys(), ...registry.nodes.keys()])) follow(name)
  }
  registry.onChange(follow)
  links.onChange(list)

  return {
    items,
    get seenAt() {
      return listed ? links.aliveAt : undefined
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
    applyWrite: change,
    run(signal) {
      listed = true
      list()
      return untilAborted(signal)
    },
  }
}

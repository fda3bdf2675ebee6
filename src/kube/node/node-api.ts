import { z } from 'zod'
import type { NodeFacts } from '../../core/model/node.ts'
import type { NodeApi } from '../../core/ports/node-api.ts'
import { orConflict, orGone } from '../client/answers.ts'
import type { KubeHttp } from '../client/http.ts'
import { NODE_LEASES, nodePath, pathIn } from '../client/paths.ts'
import type { Parse } from '../watch/watched-store.ts'
import { drainPass } from './evict.ts'
import { localVolumes } from './local-volumes.ts'
import { markPatch, type NodePatch, REQUEST_OVER, unmarkPatch } from './marks.ts'

export interface NodeApiOptions {
  readonly http: KubeHttp
  /** The same as the watch of nodes has. */
  readonly parseNode: Parse<NodeFacts>
  /** Whose the marks are: see `Installation`. */
  readonly owner: string
}

const Lease = z.object({ spec: z.object({ renewTime: z.string().optional() }).optional() })

/**
 * `mark` and `unmark` reject with LedgerConflictError when the Node moved on or went since `facts` were read: get it
 * again. They write nothing, and return `facts`, when there is nothing to change. With `keepCordon` our cordon becomes
 * everybody's: the node stays cordoned and no mark says that heald may lift it. Everything else rejects with KubeError.
 */
export function createNodeApi(options: NodeApiOptions): NodeApi {
  const { http } = options

  function read(object: unknown, name: string): NodeFacts {
    const parsed = options.parseNode(object)
    if (parsed === undefined) throw new Error(`kube: Node ${name}: can't be read`)
    return parsed.item
  }

  async function patch(facts: NodeFacts, change: NodePatch | undefined, signal: AbortSignal): Promise<NodeFacts> {
    if (change === undefined) return facts
    const { annotations, unschedulable } = change
    const metadata = { uid: facts.uid, resourceVersion: facts.resourceVersion, annotations }
    const body = { metadata, ...(unschedulable === undefined ? {} : { spec: { unschedulable } }) }
    const contentType = 'application/merge-patch+json'
    const answer = http.request({ method: 'PATCH', path: nodePath(facts.name), body, contentType }, signal)
    return read(await orConflict(answer, [404, 409]), facts.name)
  }

  return {
    async get(name, signal) {
      const object = await orGone(http.request({ method: 'GET', path: nodePath(name) }, signal))
      return object === undefined ? undefined : read(object, name)
    },

    async heartbeat(name, signal) {
      const path = pathIn(NODE_LEASES, name)
      const object = await orGone(http.request({ method: 'GET', path }, signal))
      return object === undefined ? undefined : Lease.parse(object).spec?.renewTime
    },

    mark: (facts, repair, { cordon }, signal) =>
      patch(facts, markPatch(facts, { owner: options.owner, repair }, cordon), signal),

    unmark: (facts, { keepCordon }, signal) => patch(facts, unmarkPatch(facts, keepCordon), signal),

    dropRequest: (facts, signal) => patch(facts, REQUEST_OVER, signal),

    async delete(name, uid, signal) {
      const body = { preconditions: { uid } }
      await orGone(http.request({ method: 'DELETE', path: nodePath(name), body }, signal), [404, 409])
    },

    drainPass: (name, signal) => drainPass(http, name, signal),

    localVolumes: (name, signal) => localVolumes(http, name, signal),
  }
}

import type { NodeFacts } from '../model/node.ts'

/** What heald may change on a Node, and nothing else. */
export interface NodeApi {
  /** Without the cache; undefined = gone. */
  get(name: string, signal: AbortSignal): Promise<NodeFacts | undefined>
  /** The heartbeat record without the cache: renewTime as stored; undefined = no Lease. */
  heartbeat(name: string, signal: AbortSignal): Promise<string | undefined>
  /**
   * Cordon and the autoscaler's scale-down-disabled, with MARKS_ANNOTATION naming the repair, in ONE merge patch at
   * `facts.resourceVersion`. Leaves alone what somebody else set before. Returns the node as stored.
   */
  mark(facts: NodeFacts, repair: string, options: { cordon: boolean }, signal: AbortSignal): Promise<NodeFacts>
  /** Takes back exactly what MARKS_ANNOTATION says is ours, in one patch at `facts.resourceVersion`. */
  unmark(facts: NodeFacts, options: { keepCordon: boolean }, signal: AbortSignal): Promise<NodeFacts>
  /** Takes REQUEST_ANNOTATION away, in one patch at `facts.resourceVersion`: a newer request stays. */
  dropRequest(facts: NodeFacts, signal: AbortSignal): Promise<NodeFacts>
  /** DELETE with the UID as precondition; a different or missing Node is not an error. */
  delete(name: string, uid: string, signal: AbortSignal): Promise<void>
  /** One pass: evicts what may be evicted now; `left` counts pods still to go (DaemonSet and mirror pods are none of them). */
  drainPass(name: string, signal: AbortSignal): Promise<{ readonly left: number; readonly blocked: readonly string[] }>
  /** Names of PersistentVolumes that live on this node only. */
  localVolumes(name: string, signal: AbortSignal): Promise<readonly string[]>
}

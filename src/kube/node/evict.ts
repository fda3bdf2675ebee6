import { z } from 'zod'
import { hasStatus } from '../client/answers.ts'
import type { KubeHttp } from '../client/http.ts'
import { listPages } from '../client/pages.ts'
import { PODS, pathIn, podsIn } from '../client/paths.ts'

const MIRROR = 'kubernetes.io/config.mirror'

const Pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
    ownerReferences: z.array(z.object({ kind: z.string(), controller: z.boolean().optional() })).default([]),
    deletionTimestamp: z.string().optional(),
  }),
  status: z.object({ phase: z.string().optional() }).default({}),
})
type Pod = z.infer<typeof Pod>

/**
 * One pass of a drain: asks for the eviction of every pod of the node that may go, once, and never deletes one.
 * `blocked` names each pod that a PodDisruptionBudget (or a busy API server) keeps, with the server's words; pods that
 * are ending already are waited for.
 */
export async function drainPass(
  http: KubeHttp,
  node: string,
  signal: AbortSignal,
): Promise<{ readonly left: number; readonly blocked: readonly string[] }> {
  const blocked: string[] = []
  let left = 0
  for await (const item of listPages(http, PODS, { fieldSelector: `spec.nodeName=${node}` }, signal)) {
    const pod = Pod.parse(item)
    if (!isMovable(pod)) continue
    if (pod.metadata.deletionTimestamp !== undefined) {
      left++
      continue
    }
    const outcome = await evict(http, pod, signal)
    if (outcome !== 'gone') left++
    if (typeof outcome === 'object') blocked.push(outcome.blocked)
  }
  return { left, blocked }
}

/** Not those that would come back at once (DaemonSet), that the API server does not own (mirror), or that have ended. */
function isMovable({ metadata, status }: Pod): boolean {
  if (status.phase === 'Succeeded' || status.phase === 'Failed' || MIRROR in metadata.annotations) return false
  return !metadata.ownerReferences.some(({ kind, controller }) => kind === 'DaemonSet' && controller === true)
}

async function evict(
  http: KubeHttp,
  { metadata }: Pod,
  signal: AbortSignal,
): Promise<'leaving' | 'gone' | { readonly blocked: string }> {
  const { name, namespace, uid } = metadata
  const path = `${pathIn(podsIn(namespace), name)}/eviction`
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  }
  try {
    await http.request({ method: 'POST', path, body }, signal)
    return 'leaving'
  } catch (thrown) {
    if (hasStatus(thrown, [404])) return 'gone'
    // Another pod of this name by now: the next pass sees whose.
    if (hasStatus(thrown, [409])) return 'leaving'
    // 500: more than one budget covers the pod, which the eviction API does not support.
    if (hasStatus(thrown, [429, 500])) return { blocked: `${namespace}/${name}: ${thrown.message}` }
    throw thrown
  }
}

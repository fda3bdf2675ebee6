import { z } from 'zod'
import { orGone } from '../client/answers.ts'
import type { KubeHttp } from '../client/http.ts'
import { listPages } from '../client/pages.ts'
import { nodePath, PERSISTENT_VOLUMES } from '../client/paths.ts'

const Term = z.object({
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() }))
    .optional(),
})

const Volume = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    claimRef: z.object({}).optional(),
    nodeAffinity: z
      .object({ required: z.object({ nodeSelectorTerms: z.array(Term) }).optional() })
      .optional()
      .catch(undefined),
  }),
})

const Labelled = z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()).optional() }) })

/**
 * Names of the PersistentVolumes that a claim holds and whose node affinity allows this node only, whatever their type:
 * local, hostPath of a provisioner, or a CSI driver that keeps data on the node. Told by the node's name or host name
 * as the only value of any one expression, so that every driver's own label key counts.
 */
export async function localVolumes(http: KubeHttp, node: string, signal: AbortSignal): Promise<readonly string[]> {
  const object = await orGone(http.request({ method: 'GET', path: nodePath(node) }, signal))
  const labels = object === undefined ? undefined : Labelled.parse(object).metadata.labels
  const names = new Set([node, labels?.['kubernetes.io/hostname'] ?? node])
  const found: string[] = []
  for await (const item of listPages(http, PERSISTENT_VOLUMES, {}, signal)) {
    const volume = Volume.safeParse(item).data
    if (volume?.spec.claimRef === undefined) continue
    const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
    if (terms.length > 0 && terms.every((term) => isPinned(term, names))) found.push(volume.metadata.name)
  }
  return found
}

function isPinned(term: z.infer<typeof Term>, names: ReadonlySet<string>): boolean {
  return (term.matchExpressions ?? []).some(
    ({ operator, values = [] }) =>
      operator === 'In' && values.length === 1 && values.every((value) => names.has(value)),
  )
}

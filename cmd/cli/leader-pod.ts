import { z } from 'zod'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { podsIn } from '../../src/kube/client/paths.ts'

const SELECTOR = 'app.kubernetes.io/name=heald'

const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({ phase: z.string().optional() }).optional(),
    }),
  ),
})

/** The name of heald's pod that runs on `node`, or of any; undefined when there is none. Errors: KubeError. */
export async function findPod(
  http: KubeHttp,
  { namespace, node }: { readonly namespace: string; readonly node?: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const query = { labelSelector: SELECTOR, ...(node === undefined ? {} : { fieldSelector: `spec.nodeName=${node}` }) }
  const pods = Pods.parse(await http.request({ method: 'GET', path: podsIn(namespace), query }, signal)).items
  const running = pods.filter(({ status }) => status?.phase === 'Running')
  return (running.find(({ metadata }) => metadata.deletionTimestamp === undefined) ?? running[0])?.metadata.name
}

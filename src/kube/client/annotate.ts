import type { KubeHttp } from './http.ts'

/** Null takes an annotation away. */
export type AnnotationChange = Readonly<Record<string, string | null>>

/** Sets or removes annotations of one object by a merge patch; everything else stays as it is. Errors: KubeError. */
export async function annotate(
  http: KubeHttp,
  path: string,
  annotations: AnnotationChange,
  signal: AbortSignal,
): Promise<void> {
  await http.request(
    { method: 'PATCH', path, body: { metadata: { annotations } }, contentType: 'application/merge-patch+json' },
    signal,
  )
}

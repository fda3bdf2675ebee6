import { refsOf } from '../core/model/object-ref.ts'
import type { Tell } from '../core/ports/log.ts'
import { annotate } from '../kube/client/annotate.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import { nodePath } from '../kube/client/paths.ts'
import { asError } from '../lib/errors.ts'
import type { PauseRecord } from '../observer/switches.ts'

/** Writes beside a pause when it ends. `configMap`: the path of heald's own. What could not be written is told, and is tried again next time. */
export function createPauseRecorder(options: {
  readonly http: KubeHttp
  readonly tell: Tell
  readonly configMap: string | undefined
}): (records: readonly PauseRecord[], signal: AbortSignal) => Promise<void> {
  const { http, tell } = options
  return async (records, signal) => {
    for (const { node, annotation, value } of records) {
      const path = node !== undefined ? nodePath(node) : options.configMap
      if (path === undefined) continue
      await annotate(http, path, { [annotation]: value }, signal).catch((thrown: unknown) => {
        if (signal.aborted) return
        const { message } = asError(thrown)
        tell({ level: 'warn', reason: 'PauseNotRecorded', message, regarding: refsOf(node) })
      })
    }
  }
}

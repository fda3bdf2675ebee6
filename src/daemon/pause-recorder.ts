import { refsOf } from '../core/model/object-ref.ts'
import type { Tell } from '../core/ports/log.ts'
import { annotate } from '../kube/client/annotate.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import { nodePath } from '../kube/client/paths.ts'
import { asError } from '../lib/errors.ts'
import type { PauseRecord } from '../observer/switches.ts'

/** So many objects are written side by side. One object is written once at a time, so that no write conflicts with another. */
const AT_ONCE = 8

export interface PauseRecorderOptions {
  readonly http: KubeHttp
  readonly tell: Tell
  /** Path of heald's own. */
  readonly configMap: string | undefined
}

/**
 * Writes beside a pause when it ends. Returns at once: nobody's stop-file waits for thousands of pauses. While it is
 * at it, further calls do nothing. What could not be written is told, and is written with the next call.
 */
export function createPauseRecorder(
  options: PauseRecorderOptions,
): (records: readonly PauseRecord[], signal: AbortSignal) => void {
  const { http, tell } = options
  let busy = false

  async function write(path: string, records: readonly PauseRecord[], signal: AbortSignal): Promise<void> {
    for (const { node, annotation, value } of records) {
      if (signal.aborted) return
      await annotate(http, path, { [annotation]: value }, signal).catch((thrown: unknown) => {
        if (signal.aborted) return
        const { message } = asError(thrown)
        tell({ level: 'warn', reason: 'PauseNotRecorded', message, regarding: refsOf(node) })
      })
    }
  }

  return (records, signal) => {
    if (busy || records.length === 0) return
    busy = true
    const left = byPath(records, options.configMap).entries()
    const lane = async (): Promise<void> => {
      for (const [path, own] of left) await write(path, own, signal)
    }
    void Promise.all(Array.from({ length: AT_ONCE }, lane)).finally(() => {
      busy = false
    })
  }
}

function byPath(records: readonly PauseRecord[], configMap: string | undefined): Map<string, PauseRecord[]> {
  const paths = new Map<string, PauseRecord[]>()
  for (const record of records) {
    const path = record.node !== undefined ? nodePath(record.node) : configMap
    if (path !== undefined) paths.set(path, [...(paths.get(path) ?? []), record])
  }
  return paths
}

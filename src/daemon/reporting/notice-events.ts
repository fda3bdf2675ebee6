import type { View } from '../../core/model/view.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import type { KubeHttp } from '../../kube/client/http.ts'
import { createEventSink } from '../../kube/events.ts'
import type { EventSink } from '../../telemetry/sinks.ts'

type Seen = Pick<View, 'nodes' | 'repairs'>

/** The kinds of objects that events are hung on: their API, and how one's uid is found by its name. */
const KINDS: ReadonlyMap<string, readonly [string, (seen: Seen, name: string) => string | undefined]> = new Map([
  ['Node', ['v1', ({ nodes }, name) => nodes.get(name)?.uid]],
  ['NodeRepair', ['heald.dev/v1alpha1', ({ repairs }, name) => repairs.get(name)?.uid]],
])

/** Hangs a notice on the objects that it is about, as far as they exist. */
export function createNoticeEvents(
  options: { readonly http: KubeHttp; readonly clock: Clock; readonly log: Log; readonly instance: string },
  view: () => Seen,
  signal: AbortSignal,
): EventSink {
  const send = createEventSink({ ...options, component: 'heald', signal })
  return ({ regarding = [], event, reason, message }) => {
    const seen = view()
    for (const { kind, name } of regarding) {
      const [apiVersion = '', find] = KINDS.get(kind) ?? []
      const uid = find?.(seen, name)
      if (uid !== undefined) send({ regarding: { apiVersion, kind, name, uid }, type: event, reason, message })
    }
  }
}

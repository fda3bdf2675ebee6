import type { Picture } from '../controller/lead.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Log } from '../core/ports/log.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import { createEventSink } from '../kube/events.ts'
import type { EventSink } from '../telemetry/tell.ts'

/** Hangs a notice on the Node and the NodeRepair that it names, as far as they exist. */
export function createNoticeEvents(
  options: { readonly http: KubeHttp; readonly clock: Clock; readonly log: Log; readonly instance: string },
  picture: () => Pick<Picture, 'nodes' | 'repairs'>,
  signal: AbortSignal,
): EventSink {
  const send = createEventSink({ ...options, component: 'heald', signal })
  return ({ node, repair, event, reason, message }) => {
    const { nodes, repairs } = picture()
    const nodeUID = node === undefined ? undefined : nodes.get(node)?.uid
    const repairUID = repair === undefined ? undefined : repairs.get(repair)?.uid
    if (node !== undefined && nodeUID !== undefined) {
      send({ regarding: { kind: 'Node', name: node, uid: nodeUID }, type: event, reason, message })
    }
    if (repair !== undefined && repairUID !== undefined) {
      send({ regarding: { kind: 'NodeRepair', name: repair, uid: repairUID }, type: event, reason, message })
    }
  }
}

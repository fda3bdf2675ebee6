import type { View } from '../../../../src/core/model/view.ts'
import {
  failing,
  instance,
  MINUTE,
  masters,
  node,
  suspicion,
  type ViewParts,
  view,
  workers,
} from '../../../support/pure/view.ts'
import { BROKEN } from './pictures.ts'

/** Three control-plane nodes, and `size` that are etcd only; of these `e0` and others fail. */
export function brokenEtcd(size: number, bad: number, parts: ViewParts = {}): View {
  const etcd = Array.from({ length: size }, (_, index) => node(`e${index}`, { quorum: ['etcd'] }))
  const suspicions = [
    suspicion('e0', [BROKEN]),
    ...Array.from({ length: bad - 1 }, (_, index) => suspicion(`e${index + 1}`, [failing(30 * MINUTE)])),
  ]
  const nodes = [...masters(3), ...etcd, ...workers(30)]
  return view({ nodes, suspicions, instances: { e0: instance('e0') }, ...parts })
}

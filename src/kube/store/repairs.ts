import type { NodeRepairSpec, NodeRepairStatus } from '../../core/model/node-repair.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { KubeHttp } from '../client/http.ts'
import { pathOf } from '../crd/definition.ts'
import { NODE_REPAIR } from '../crd/node-repair.ts'
import { createFencedStore } from './fenced-store.ts'
import { createFencedWatch, type FencedWatch, type FencedWatchOptions } from './fenced-watch.ts'

export const REPAIRS_PATH = pathOf(NODE_REPAIR)

export function createLedger({ http }: { readonly http: KubeHttp }): Ledger {
  return createFencedStore(http, NODE_REPAIR)
}

export function createRepairWatch(
  options: FencedWatchOptions<NodeRepairSpec, NodeRepairStatus>,
): FencedWatch<NodeRepairSpec, NodeRepairStatus> {
  return createFencedWatch(options, NODE_REPAIR)
}

import type { InstanceView } from '../model/instance.ts'
import type { NodeFacts } from '../model/node.ts'
import type { NodeRepair } from '../model/node-repair.ts'
import type { Millis } from '../model/primitives.ts'
import type { Suspicion } from '../model/view.ts'
import type { NextRung } from '../repair/ladder.ts'
import type { Group } from './group-counts.ts'

/** One node that `decide` judges: everything its gates compare, found once. */
export interface Candidate {
  readonly node: NodeFacts
  /** False: the Node object is gone, and `node` is made up from its repair. */
  readonly present: boolean
  readonly suspicion: Suspicion | undefined
  /** Its own open repair. */
  readonly repair: NodeRepair | undefined
  readonly instance: InstanceView | undefined
  readonly pool: Group
  readonly zone: Group | undefined
  /** The earliest failing-since of its failing checks. */
  readonly failingSince: Millis | undefined
  readonly next: NextRung
  /** A failing check speaks of something that no other plane finds fine. */
  readonly plain: boolean
  /** Silent, while its port answers and the cloud says that it runs, and something would be done about it. */
  readonly late: boolean
  /** Somebody asked: passes come with their numbers. */
  readonly detail: boolean
}

import type { Millis } from '../../core/model/primitives.ts'
import type { Explanation } from '../../core/model/view.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { listOf, recordOf, textOrEmpty } from '../../lib/pure/json.ts'
import type { EmbeddedApi } from '../api/server.ts'
import type { Stored } from '../api/store/objects.ts'
import type { PretendCloud } from '../cluster/cloud.ts'
import type { Machines } from '../cluster/machines.ts'
import { conditionStatus } from '../cluster/node-object.ts'
import type { Chronicle } from './chronicle.ts'
import type { Narrator } from './narrator.ts'

/** heald's own ConfigMap in the pretend cluster: its annotations are switches. */
export const SETTINGS_MAP = { namespace: 'kube-system', name: 'heald-config' } as const
export const SETTINGS_PATH = `/api/v1/namespaces/${SETTINGS_MAP.namespace}/configmaps/${SETTINGS_MAP.name}`

/** Everything that a scene may touch: the world, but never the daemon. */
export interface Stage {
  readonly api: EmbeddedApi
  readonly machines: Machines
  readonly cloud: PretendCloud
  readonly clock: Clock
  readonly narrator: Narrator
  readonly chronicle: Chronicle
  /** What `heald why NODE` says now. */
  why(node: string): Explanation
  readonly signal: AbortSignal
}

/** Whatever has the API's store to read in. */
export interface WithStore {
  readonly api: Pick<EmbeddedApi, 'store'>
}

/** What was waited for did not happen in time. */
export class SceneError extends Error {
  override readonly name = 'SceneError'
}

export async function waitFor(stage: Stage, what: string, limitMs: Millis, holds: () => boolean): Promise<void> {
  const until = stage.clock.now() + limitMs
  while (!holds()) {
    if (stage.clock.now() >= until) throw new SceneError(`${what}: not within ${Math.round(limitMs / 1_000)} s`)
    await stage.clock.sleep(50, stage.signal)
  }
}

export function isReady(stage: WithStore, node: string): boolean {
  return conditionStatus(stage.api.store.get('nodes', node), 'Ready') === 'True'
}

/** Repairs of this node, oldest first. */
export function repairsOf(stage: Stage, node: string): readonly Stored[] {
  return stage.api.store
    .list('noderepairs')
    .filter((repair) => recordOf(repair.spec).nodeName === node)
    .sort((a, b) => Number(a.metadata.creationTimestamp > b.metadata.creationTimestamp) * 2 - 1)
}

export function phaseOfStored(repair: Stored | undefined): string {
  return repair === undefined ? '' : textOrEmpty(recordOf(repair.status).phase) || 'Pending'
}

export interface RungFacts {
  readonly rung: string
  readonly state: string
  readonly issuedAt: string
  readonly finishedAt: string
  /** Why it did not help; empty when it did. */
  readonly message: string
  /** What the gates said that let it through, by gate. */
  readonly why: Readonly<Record<string, string>>
}

/** The rungs that were tried in this repair, in their order. */
export function rungsOf(repair: Stored, { reasons }: Chronicle): readonly RungFacts[] {
  return listOf(recordOf(repair.status).attempts)
    .map(recordOf)
    .map(({ id, rung, state, issuedAt, finishedAt, message }) => ({
      rung: textOrEmpty(rung),
      state: textOrEmpty(state),
      issuedAt: textOrEmpty(issuedAt),
      finishedAt: textOrEmpty(finishedAt),
      message: textOrEmpty(message),
      why: reasons(repair.metadata.name, Number(id)),
    }))
}

/** Waits until a repair that began in this scene has ended well; returns its name. */
export async function waitForRepair(stage: Stage, node: string, limitMs: Millis, before: number): Promise<string> {
  await waitFor(stage, `the repair of ${node}`, limitMs, () => {
    const repairs = repairsOf(stage, node)
    return repairs.length > before && repairs.every((repair) => phaseOfStored(repair) === 'Succeeded')
  })
  return repairsOf(stage, node).at(-1)?.metadata.name ?? ''
}

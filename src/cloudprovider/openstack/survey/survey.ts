import type { Clock } from '../../../core/ports/clock.ts'
import type { Cluster, Limits, NodeGroup, Resource, Stack } from '../schema/answers.ts'
import type { OpenStackOptions } from '../schema/options.ts'
import type { Cinder } from '../services/cinder.ts'
import type { Heat } from '../services/heat.ts'
import { isCapi, type Magnum, stackIdOf } from '../services/magnum.ts'
import type { Nova } from '../services/nova.ts'
import { createKept } from './kept.ts'

/** What every part of the provider works with. */
export interface Tools {
  readonly nova: Nova
  readonly magnum: Magnum
  readonly heat: Heat
  readonly cinder: Cinder
  readonly options: OpenStackOptions
  readonly clock: Clock
  /** The replaces of one cluster go one after the other: Magnum overwrites what it has not done yet. */
  readonly lockKey: string
}

/** One look at the cluster and at the stack that a node group's machines are in. */
export interface Survey {
  readonly cluster: Cluster
  readonly capi: boolean
  readonly groups: readonly NodeGroup[]
  /** With its limits; undefined when Magnum does not know it. */
  readonly group: NodeGroup | undefined
  /** Undefined: Heat is not in the catalog, the cluster has no stack, or it is gone. */
  readonly stack: Stack | undefined
  readonly resources: readonly Resource[]
}

/** Suspects are looked at every few seconds, all of one cluster: one survey serves them together. */
const FRESH_MS = 4_000

export interface Surveyor {
  /** Asks now. */
  survey(group: string | undefined, signal: AbortSignal): Promise<Survey>
  /** One for all who ask at a time, and for 4 s more: good enough to look, never to act. */
  recent(group: string | undefined, signal: AbortSignal): Promise<Survey>
  /** Of the project, as old as that. */
  limits(signal: AbortSignal): Promise<Limits>
  /** What was begun before this call serves nobody who asks after it. */
  forget(): void
}

export function createSurveyor({ nova, magnum, heat, clock }: Tools): Surveyor {
  const surveys = createKept({ clock, freshMs: FRESH_MS, read: (key, signal) => survey(key || undefined, signal) })
  const quota = createKept({ clock, freshMs: FRESH_MS, read: (_, signal) => nova.limits(signal) })

  async function survey(name: string | undefined, signal: AbortSignal): Promise<Survey> {
    const [cluster, groups] = await Promise.all([magnum.cluster(signal), magnum.groups(signal)])
    const listed = groupNamed(groups, name)
    const capi = isCapi(cluster)
    const [group, stack] = await Promise.all([
      listed === undefined ? undefined : magnum.group(listed.uuid, signal),
      capi ? undefined : stackOf(cluster, listed, signal),
    ])
    const ref = stack === undefined ? undefined : { name: stack.stack_name, id: stack.id }
    const resources = ref === undefined ? [] : await heat.resources(ref, signal)
    return { cluster, capi, groups, group, stack, resources }
  }

  async function stackOf(
    cluster: Cluster,
    group: NodeGroup | undefined,
    signal: AbortSignal,
  ): Promise<Stack | undefined> {
    const id = group?.stack_id ?? stackIdOf(cluster)
    return id === undefined || !(await heat.available(signal)) ? undefined : heat.stack(id, signal)
  }

  return {
    survey,
    recent: (name, signal) => surveys.get(name ?? '', signal),
    limits: (signal) => quota.get('', signal),
    forget() {
      surveys.forget()
      quota.forget()
    },
  }
}

export function groupNamed(groups: readonly NodeGroup[], name: string | undefined): NodeGroup | undefined {
  return groups.find((group) => group.name === name || group.uuid === name)
}

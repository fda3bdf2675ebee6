import type { Order, StepResult } from '../../../core/model/order.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import { failed } from '../../contract/sequence.ts'
import type { Server } from '../schema/answers.ts'
import { type Grounds, refuseReplace } from '../survey/replace-plan.ts'
import { readOwn, refOf } from '../survey/server.ts'
import { isBusy, isFailed } from '../survey/stack-tree.ts'
import type { Survey, Surveyor, Tools } from '../survey/survey.ts'
import { type Act, type Cursor, done, type Sequence, wait } from './cursor.ts'

/** Magnum answers before it begins, a new Machine has to boot, and an old one is drained before its server goes. */
const PATIENCE_MS = 600_000

interface World {
  readonly survey: Survey
  readonly grounds: Grounds
  /** In the orders' order; undefined: Nova has forgotten it. */
  readonly servers: readonly (Server | undefined)[]
  /** When the youngest machine of the group was made, by Nova. */
  readonly youngest: string
  /** Machines of the group that are younger than the cursor's. */
  readonly fresh: readonly Server[]
}

/**
 * Workers of a cluster of magnum-cluster-api: one resize to so many more machines, and once those run, one back to the
 * old count that names the old ones. Naming them without a change of the count would only mark them: that driver
 * annotates their Machines and leaves the removal to whatever shrinks the group next. The other driver, magnum-capi-helm,
 * ignores the names and lets Cluster API choose, so there nothing is replaced. Nothing is stopped here either: older
 * Cluster API providers give up a Machine for good whose server is off. Counts are absolute, so a repeat is harmless.
 */
export function createReplaceCapi({ nova, magnum, clock, options }: Tools, surveyor: Surveyor): Sequence<World> {
  async function read(orders: readonly Order[], cursor: Cursor | undefined, signal: AbortSignal): Promise<World> {
    const groups = new Set(orders.map(({ instance }) => instance.group))
    if (groups.size !== 1) {
      throw new ProviderError('invalid', 'none', 'openstack: replace: orders of several node groups')
    }
    const survey = await surveyor.survey([...groups][0], signal)
    const [servers, kin, limits] = await Promise.all([
      Promise.all(orders.map(({ instance }) => readOwn(nova, instance, signal))),
      nova.named(kinOf(orders), signal),
      cursor === undefined ? nova.limits(signal) : {},
    ])
    const grounds: Grounds = {
      ...{ survey, servers, limits },
      ids: orders.map(({ instance }) => instance.id),
      peers: [],
      replaceMastersWithoutEtcdVolume: false,
      replaceClusterApiWorkers: options.replaceClusterApiWorkers,
      rootUnknown: false,
      etcdTrouble: undefined,
    }
    const times = kin.map(({ created }) => created ?? '').sort()
    const fresh = kin
      .filter(
        ({ created, status }) => status === 'ACTIVE' && cursor?.since !== undefined && (created ?? '') > cursor.since,
      )
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    return { survey, grounds, servers, youngest: times.at(-1) ?? '', fresh }
  }

  function look(world: World, orders: readonly Order[], cursor: Cursor | undefined): Act | StepResult {
    const { survey, servers, fresh } = world
    const count = survey.group?.node_count
    const left = servers.filter((server) => server !== undefined).length
    if (cursor === undefined) {
      // A step of a process that was frozen comes when all is done.
      if (left === 0) return done()
      const refusal = refuseReplace(world.grounds)
      if (refusal !== undefined) return failed(`${refusal.reason}: ${refusal.message}`, 'none')
      const act = { at: 'grow', count: count ?? 0, more: orders.length, since: world.youngest }
      return { act, first: 'named' }
    }
    const { at, count: before = 0, more = 0 } = cursor
    if (isUnderWay(survey)) return wait(cursor)
    if (count === before) {
      if (at === 'grow') return { act: cursor, first: 'named' }
      if (at === 'growing') return isLate(cursor) ? failed(whyNot(survey), 'maybe') : wait(cursor)
      if (left === 0) return done(replacements(orders, fresh))
      return isLate(cursor) ? failed('ResizeIgnored', 'maybe') : wait(shrinking(cursor))
    }
    if (count !== before + more) {
      return failed(`CountChanged: the group has ${count ?? 'no'} nodes, and had ${before}`, 'maybe')
    }
    if (at === 'shrinking') return isLate(cursor) ? failed(whyNot(survey), 'maybe') : wait(cursor)
    // Fewer names than places: Cluster API would choose the rest, healthy ones too.
    if (left < more) return failed('ReplacedByOther: the group keeps a node more than it had', 'maybe')
    if (fresh.length >= more) return { act: { ...named(cursor), at: 'shrink' }, first: 'named' }
    return isLate(cursor) ? failed('NoReplacement: the group keeps a node more than it had', 'maybe') : wait(cursor)
  }

  function isLate({ by }: Cursor): boolean {
    return by !== undefined && clock.wall() >= by
  }

  function shrinking(cursor: Cursor): Cursor {
    return cursor.at === 'shrinking' ? cursor : { ...named(cursor), at: 'shrinking', by: clock.wall() + PATIENCE_MS }
  }

  return {
    read,
    look,
    async perform(act, { survey }, orders, signal) {
      const group = survey.group?.uuid ?? ''
      const { count = 0, more = 0 } = act
      if (act.at === 'grow') {
        await magnum.resize({ count: count + more, remove: [], group }, signal)
        return { ...act, at: 'growing', by: clock.wall() + PATIENCE_MS }
      }
      await magnum.resize({ count, remove: orders.map(({ instance }) => instance.id), group }, signal)
      return shrinking(act)
    },
    /** A node too many is left to a person: which one Cluster API would take, nobody can say. */
    undo: ({ survey }, _orders, cursor) => (isUnderWay(survey) ? wait(cursor, 'undo') : done()),
  }
}

function named({ count, more, since }: Cursor): Partial<Cursor> {
  return {
    ...(count === undefined ? {} : { count }),
    ...(more === undefined ? {} : { more }),
    ...(since === undefined ? {} : { since }),
  }
}

/** Machines of one MachineDeployment differ in the last two words of their names. */
function kinOf([order]: readonly Order[]): string {
  return (order?.instance.name ?? '').replace(/-[^-]*-[^-]*$/, '-')
}

function isUnderWay({ cluster, group }: Survey): boolean {
  return isBusy(cluster.status) || isBusy(group?.status)
}

function whyNot({ cluster }: Survey): string {
  if (!isFailed(cluster.status)) return 'ResizeNotSeen'
  return `UpdateFailed: ${(cluster.status_reason ?? 'no reason given').slice(0, 300)}`
}

function replacements(orders: readonly Order[], fresh: readonly Server[]) {
  return new Map(
    orders.flatMap((order, at) => {
      const server = fresh[at]
      if (server === undefined) return []
      return [[order.key, { instance: refOf(server, order.instance.group), nodeName: server.name }] as const]
    }),
  )
}

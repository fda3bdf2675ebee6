import type { Order, StepResult } from '../../core/model/order.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import type { ActSignal } from '../contract/act-signal.ts'
import { failed } from '../contract/sequence.ts'
import { type Act, type Cursor, type Sequence, wait } from './cursor.ts'
import { baseName, clusterOf, powerOf, REPLACES_LABEL, readByName, readOwn, refOf, startedAt } from './machine.ts'
import { SLACK_MS } from './reboot.ts'
import { lookAtRejoin, performRejoin, readExec } from './rejoin.ts'
import { type Container, Created, type Exec, Image } from './schema.ts'
import { asideName, endpointOf, furtherNetworks, settingsOf } from './settings.ts'
import type { Tools } from './start.ts'

/** A replacement must have run this long before the old machine is thrown away. */
const PROVE_MS = 2_000

export interface ReplaceWorld {
  readonly old: Container | undefined
  /** The replacement: it has the machine's name and says whom it replaces. */
  readonly fresh: Container | undefined
  /** Somebody else has the machine's name. */
  readonly taken: boolean
  readonly exec: Exec | undefined
}

/**
 * rename the old aside, stop it, create the new one, connect it, start it, remove the old one, rejoin. The old machine
 * stays whole until the new one has been seen running, so that everything before can be taken back.
 */
export function createReplace(tools: Tools): Sequence<ReplaceWorld> {
  const { engine, options, clock } = tools

  async function read(order: Order, cursor: Cursor | undefined, signal: AbortSignal): Promise<ReplaceWorld> {
    const old = await readOwn(engine, options.cluster, order.instance, signal)
    const named = await readByName(engine, order.instance.name, signal)
    const isFresh =
      named?.Config.Labels?.[REPLACES_LABEL] === order.instance.id &&
      clusterOf(named) === (options.cluster ?? order.instance.group)
    return {
      old,
      fresh: isFresh ? named : undefined,
      taken: named !== undefined && !isFresh && named.Id !== order.instance.id,
      exec: cursor?.exec === undefined ? undefined : await readExec(engine, cursor.exec, signal),
    }
  }

  function look(world: ReplaceWorld, order: Order, cursor: Cursor | undefined): Act | StepResult {
    const { old, fresh, taken } = world
    const effect = cursor === undefined ? 'none' : 'maybe'
    const next = (at: string): Act => ({ act: { at, ...flag(cursor) } })
    if (fresh !== undefined) return lookAtFresh(world, fresh, order, cursor)
    if (old === undefined) return failed('InstanceGone', effect)
    if (taken) return failed('NameTaken', old.Name === asideName(order) ? 'maybe' : effect)
    if (old.Name !== asideName(order)) {
      // It would vanish with its first stop, and with it the settings for the new one.
      if (old.HostConfig.AutoRemove === true) return failed('AutoRemove', effect)
      if (baseName(old.Name) !== order.instance.name) return failed('Renamed', effect)
      return { ...next('rename'), first: 'now' }
    }
    return powerOf(old) === 'off' || powerOf(old) === 'error' ? next('create') : lookAtStop(old, cursor)
  }

  function lookAtStop(old: Container, cursor: Cursor | undefined): Act | StepResult {
    if (cursor?.at === 'settle' && clock.wall() < (cursor.by ?? 0)) return wait(cursor)
    const hangs = powerOf(old) === 'paused' || cursor?.at === 'settle' || cursor?.at === 'kill'
    return { act: { at: hangs ? 'kill' : 'stop', ...flag(cursor) } }
  }

  function lookAtFresh(
    world: ReplaceWorld,
    fresh: Container,
    order: Order,
    cursor: Cursor | undefined,
  ): Act | StepResult {
    const { old } = world
    // Big volumes take the engine a while.
    if (old?.State.Status === 'removing') return wait({ at: 'remove' })
    const isOldUp = old !== undefined && powerOf(old) !== 'off' && powerOf(old) !== 'error'
    if (isOldUp) return lookAtStop(old, cursor)
    if (startedAt(fresh) === undefined) {
      const missing = furtherNetworks(old ?? fresh).find((name) => fresh.NetworkSettings.Networks?.[name] === undefined)
      return {
        act:
          missing === undefined
            ? { at: 'start', ...flag(cursor) }
            : { at: 'connect', network: missing, ...flag(cursor) },
      }
    }
    if (powerOf(fresh) === 'moving' || powerOf(fresh) === 'paused') return wait({ at: 'prove', ...flag(cursor) })
    if (powerOf(fresh) !== 'running') return failed('ReplacementExited', 'maybe')
    if (old !== undefined) return { act: { at: 'remove' }, inMs: cursor?.at === 'start' ? PROVE_MS : 0 }
    const rejoin = lookAtRejoin(tools, world.exec, cursor)
    return rejoin ?? { state: 'done', replacement: { instance: refOf(fresh), nodeName: order.nodeName } }
  }

  async function perform(
    act: Cursor,
    { old, fresh }: ReplaceWorld,
    order: Order,
    signal: ActSignal,
  ): Promise<Cursor | undefined> {
    const path = `/containers/${order.instance.id}`
    const freshPath = `/containers/${fresh?.Id ?? ''}`
    switch (act.at) {
      case 'rename':
        await engine.change({ method: 'POST', path: `${path}/rename`, query: { name: asideName(order) } }, signal)
        return undefined
      case 'rename-back':
        await engine.change({ method: 'POST', path: `${path}/rename`, query: { name: order.instance.name } }, signal)
        return undefined
      case 'stop': {
        const query = { t: Math.ceil(options.stopTimeout / 1_000) }
        await engine.change({ method: 'POST', path: `${path}/stop`, query }, signal)
        return { at: 'settle', by: clock.wall() + options.stopTimeout + SLACK_MS, stopped: true }
      }
      case 'kill':
        await engine.change({ method: 'POST', path: `${path}/kill`, query: { signal: 'KILL' } }, signal)
        return { ...act, stopped: true }
      case 'start-back':
        await engine.change({ method: 'POST', path: `${path}/start` }, signal)
        return undefined
      case 'create':
        await create(old, order, signal)
        return undefined
      case 'connect': {
        const network = act.network ?? ''
        const body = { Container: fresh?.Id, EndpointConfig: old === undefined ? {} : endpointOf(old, network) }
        await engine.change({ method: 'POST', path: `/networks/${encodeURIComponent(network)}/connect`, body }, signal)
        return undefined
      }
      case 'start':
        await engine.change({ method: 'POST', path: `${freshPath}/start` }, signal)
        return undefined
      case 'remove':
        // Without force: the engine refuses when somebody has started it again.
        await engine.change({ method: 'DELETE', path, query: { v: true } }, signal)
        return undefined
      case 'remove-fresh':
        await engine.change({ method: 'DELETE', path: freshPath, query: { v: true } }, signal)
        return undefined
      default:
        return performRejoin(tools, act, fresh?.Id ?? '', signal)
    }
  }

  async function create(old: Container | undefined, order: Order, signal: ActSignal): Promise<void> {
    if (old === undefined) throw new ProviderError('not-found', 'none', `docker: replace ${order.instance.name}: gone`)
    // The same image, even where its tag has moved on since.
    const tagged = await engine.read(`/images/${encodeURIComponent(old.Config.Image)}/json`, Image, signal)
    const image = tagged?.Id === old.Image ? old.Config.Image : old.Image
    const query = { name: order.instance.name }
    const created = await engine.change(
      { method: 'POST', path: '/containers/create', query, body: settingsOf(old, image) },
      signal,
    )
    if (created !== 'pending') Created.parse(created.body)
  }

  function undo({ old, fresh, taken }: ReplaceWorld, order: Order, cursor: Cursor | undefined): Act | StepResult {
    const next = (at: string): Act => ({ act: { at, ...flag(cursor) } })
    if (old === undefined) return { state: 'done' }
    if (fresh !== undefined) return startedAt(fresh) === undefined ? next('remove-fresh') : { state: 'done' }
    if (old.Name === asideName(order)) {
      return taken ? failed('NameTaken', 'maybe') : next('rename-back')
    }
    return powerOf(old) === 'off' && flag(cursor).stopped ? next('start-back') : { state: 'done' }
  }

  return { read, look, perform, undo }
}

/** Once `stop` is named, it is we who stopped it, whether or not its answer was ever read. */
function flag(cursor: Cursor | undefined): { stopped?: true } {
  return cursor?.stopped || cursor?.at === 'stop' || cursor?.at === 'kill' ? { stopped: true } : {}
}

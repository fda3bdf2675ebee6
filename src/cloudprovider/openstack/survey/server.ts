import type { InstanceRef, InstanceState, Power } from '../../../core/model/instance.ts'
import type { NodeFacts } from '../../../core/model/node.ts'
import type { Order } from '../../../core/model/order.ts'
import type { RungPlan } from '../../../core/model/rungs.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Server } from '../schema/answers.ts'
import type { Nova } from '../services/nova.ts'

/** A task that has moved nothing for so long belongs to a compute host that is dead or cut off. */
const STUCK_MS = 300_000
/** libvirt's number for a domain that is off; Nova's for one that it has no word of. */
const POWER_OFF: ReadonlySet<number> = new Set([0, 4])

const POWERS: Readonly<Record<string, Power>> = {
  ACTIVE: 'running',
  SHUTOFF: 'off',
  PAUSED: 'paused',
  SUSPENDED: 'paused',
  ERROR: 'error',
  BUILD: 'moving',
  REBUILD: 'moving',
  REBOOT: 'moving',
  HARD_REBOOT: 'moving',
  PASSWORD: 'moving',
  MIGRATING: 'moving',
  RESIZE: 'moving',
  REVERT_RESIZE: 'moving',
  VERIFY_RESIZE: 'moving',
  RESCUE: 'moving',
  SHELVED: 'moving',
  SHELVED_OFFLOADED: 'moving',
}
/** Reboot takes a task's place while Nova itself is at one of these. */
const REBOOTING = /^(reboot|rebooting|powering-on)/

export type ReplacePlan = Pick<RungPlan, 'verdict' | 'reason' | 'message' | 'lockKey' | 'batchKey'>

/** What `inspect` has found, so that `plan` need not ask again. */
export interface ServerState extends InstanceState {
  readonly status: string
  readonly locked: boolean
  /** The task has not moved for 5 min. */
  readonly stuck: boolean
  readonly replace: ReplacePlan
}

export function powerOf(server: Server): Power {
  return POWERS[server.status] ?? 'unknown'
}

export function taskOf(server: Server): string | undefined {
  return server['OS-EXT-STS:task_state'] ?? undefined
}

export function isStopped(server: Server): boolean {
  const power = server['OS-EXT-STS:power_state']
  return server.status === 'SHUTOFF' && taskOf(server) === undefined && (power == null || POWER_OFF.has(power))
}

export function isStuck(nova: Nova, server: Server): boolean {
  return taskOf(server) !== undefined && (nova.ageOf(server) ?? 0) > STUCK_MS
}

export function refOf(server: Server, group: string | undefined): InstanceRef {
  return { id: server.id, name: server.name, ...(group === undefined ? {} : { group }) }
}

/** The server of `ref`; undefined when it is gone. Throws when it is no longer the one that was located. */
export async function readOwn(nova: Nova, ref: InstanceRef, signal: AbortSignal): Promise<Server | undefined> {
  const server = await nova.server(ref.id, signal)
  if (server === undefined || server.name === ref.name) return server
  throw new ProviderError('invalid', 'none', `openstack: server ${ref.id} was ${ref.name} and is now ${server.name}`)
}

export async function readOrdered(nova: Nova, order: Order, signal: AbortSignal): Promise<Server | undefined> {
  return readOwn(nova, order.instance, signal)
}

/** Does the server carry the node's name, or one of its addresses? */
export function belongs(server: Server, node: NodeFacts): boolean {
  const host = hostName(server.name)
  if (host === node.name || host === node.name.split('.')[0]) return true
  const own = new Set(
    node.addresses.filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP').map(({ address }) => address),
  )
  return addressesOf(server).some((address) => own.has(address))
}

export function addressesOf(server: Server): readonly string[] {
  return Object.values(server.addresses).flatMap((list) => list.map(({ addr }) => addr))
}

/** As Nova makes a host name of a server's name. */
export function hostName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[ _]/g, '-')
    .replace(/[^\w.-]+/g, '')
    .replace(/^[.-]+|[.-]+$/g, '')
}

export function planServer(state: InstanceState, lock: string): readonly RungPlan[] {
  const found: ServerState | undefined = isServerState(state) ? state : undefined
  const lockKey = state.ref.id === '' ? lock : `server/${state.ref.id}`
  const reboot = (rung: 'start' | 'reboot-soft' | 'reboot-hard'): RungPlan => {
    const [verdict, reason, message] = found === undefined ? NO_LOOK : judge(rung, found)
    return { rung, verdict, reason, lockKey, ...(message === undefined ? {} : { message }) }
  }
  const replace = found?.replace ?? { verdict: 'hold', reason: 'NodeGroupUnknown', lockKey: lock }
  return [reboot('start'), reboot('reboot-soft'), reboot('reboot-hard'), { rung: 'replace', ...replace }]
}

type Judgement = readonly [verdict: RungPlan['verdict'], reason: string, message?: string]
const NO_LOOK: Judgement = ['hold', 'StateUnknown']
const OK: Judgement = ['ok', '']

function judge(rung: 'start' | 'reboot-soft' | 'reboot-hard', state: ServerState): Judgement {
  const { status, task, locked, stuck } = state
  if (locked) return ['hold', 'ServerLocked', 'somebody has locked the server at Nova']
  if (task !== undefined && !(rung === 'reboot-hard' && stuck && REBOOTING.test(task))) {
    const since = stuck ? ', and has not moved for 5 min: the compute host may be dead' : ''
    return [stuck ? 'skip' : 'hold', stuck ? 'TaskStuck' : 'TaskInMotion', `Nova is at ${task}${since}`]
  }
  if (status === 'VERIFY_RESIZE' || state.power === 'moving') {
    return task === undefined ? ['hold', 'StateInMotion', `the server is ${status}`] : OK
  }
  if (state.power === 'unknown') return ['hold', 'StateUnknown', `the server is ${status}`]
  if (rung === 'start') return status === 'SHUTOFF' ? OK : ['skip', 'NotShutOff', `the server is ${status}`]
  if (status === 'SHUTOFF') return ['skip', 'ShutOff', 'the server is off: it is started, not rebooted']
  // Nova reboots softly only what is ACTIVE.
  if (rung === 'reboot-soft' && status !== 'ACTIVE') return ['skip', 'NotActive', `the server is ${status}`]
  return OK
}

function isServerState(state: InstanceState): state is ServerState {
  return 'replace' in state && 'stuck' in state
}

import type { InstanceRef } from '../../../core/model/instance.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Server } from '../schema/answers.ts'
import { etcdTrouble } from './etcd.ts'
import { type Grounds, peersOf, type Refusal, refuseReplace, replacePlan } from './replace-plan.ts'
import { isStopped, isStuck, powerOf, type ReplacePlan, readOwn, type ServerState, taskOf } from './server.ts'
import type { Survey, Surveyor, Tools } from './survey.ts'
import { bootsFromVolume, rootVolume } from './volumes.ts'

export async function inspectServer(
  tools: Tools,
  surveyor: Surveyor,
  ref: InstanceRef,
  signal: AbortSignal,
): Promise<ServerState> {
  const { nova } = tools
  const server = await readOwn(nova, ref, signal)
  if (server === undefined)
    throw new ProviderError('not-found', 'none', `openstack: server ${ref.name} (${ref.id}) is gone`)
  const [bootMark, replace] = await Promise.all([
    nova.bootMark(ref.id, signal),
    planReplace(tools, surveyor, ref, server, signal),
  ])
  const task = taskOf(server)
  return {
    ref,
    power: powerOf(server),
    provenStopped: isStopped(server),
    ...(task === undefined ? {} : { task }),
    ...(server.fault === undefined ? {} : { fault: server.fault.message.slice(0, 300) }),
    ...(bootMark === undefined ? {} : { bootMark }),
    status: server.status,
    locked: server.locked ?? false,
    stuck: isStuck(nova, server),
    replace,
  }
}

/** The state of a server that Nova has forgotten while its group keeps the slot. */
export async function stateOfGone(
  tools: Tools,
  surveyor: Surveyor,
  ref: InstanceRef,
  signal: AbortSignal,
): Promise<ServerState> {
  const replace = await planReplace(tools, surveyor, ref, undefined, signal)
  return { ref, power: 'off', provenStopped: true, status: 'DELETED', locked: false, stuck: false, replace }
}

async function planReplace(
  tools: Tools,
  surveyor: Surveyor,
  ref: InstanceRef,
  server: Server | undefined,
  signal: AbortSignal,
): Promise<ReplacePlan> {
  const motion = server === undefined ? undefined : refuseState(tools, server)
  if (motion !== undefined) return replacePlan(motion, tools.lockKey, undefined)
  try {
    const survey = await surveyor.recent(ref.group, signal)
    return replacePlan(
      refuseReplace(await groundsOf(tools, surveyor, survey, ref, server, signal)),
      tools.lockKey,
      survey.group,
    )
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof ProviderError)) throw thrown
    // A Magnum or Heat that is down is no reason not to reboot.
    const reason = thrown.kind === 'unauthorized' ? 'CloudUnauthorized' : 'CloudUnavailable'
    return replacePlan({ verdict: 'hold', reason, message: thrown.message }, tools.lockKey, undefined)
  }
}

function refuseState({ nova }: Tools, server: Server): Refusal | undefined {
  if (server.locked === true)
    return { verdict: 'hold', reason: 'ServerLocked', message: 'somebody has locked the server at Nova' }
  if (isStuck(nova, server)) return undefined
  const task = taskOf(server)
  if (task !== undefined) return { verdict: 'hold', reason: 'TaskInMotion', message: `Nova is at ${task}` }
  const power = powerOf(server)
  if (power !== 'moving' && power !== 'unknown') return undefined
  return { verdict: 'hold', reason: 'StateInMotion', message: `the server is ${server.status}` }
}

async function groundsOf(
  tools: Tools,
  surveyor: Surveyor,
  survey: Survey,
  { id }: InstanceRef,
  server: Server | undefined,
  signal: AbortSignal,
): Promise<Grounds> {
  const { nova, options } = tools
  const peers = survey.group?.role === 'master' ? peersOf(survey, [id]) : []
  const [limits, attachments, servers, trouble] = await Promise.all([
    surveyor.limits(signal),
    server !== undefined && bootsFromVolume(server) ? nova.attachments(id, signal) : [],
    Promise.all(peers.map(({ server: peer }) => nova.server(peer.physical_resource_id ?? '', signal))),
    etcdTrouble(tools, survey, [id], signal),
  ])
  return {
    survey,
    servers: [server],
    ids: [id],
    limits,
    peers: servers,
    replaceMastersWithoutEtcdVolume: options.replaceMastersWithoutEtcdVolume,
    replaceClusterApiWorkers: options.replaceClusterApiWorkers,
    rootUnknown: server !== undefined && bootsFromVolume(server) && rootVolume(server, attachments) === undefined,
    etcdTrouble: trouble,
  }
}

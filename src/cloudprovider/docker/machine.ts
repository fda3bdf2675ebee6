import type { InstanceRef, InstanceState, Located, Power } from '../../core/model/instance.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { RungPlan } from '../../core/model/rungs.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import type { Engine } from './engine.ts'
import { Container, Listed } from './schema.ts'

export const CLUSTER_LABEL = 'io.x-k8s.kind.cluster'
export const ROLE_LABEL = 'io.x-k8s.kind.role'
/** On a replacement: the id of the container that it replaces. */
export const REPLACES_LABEL = 'dev.heald.replaces'

const PROVIDER_ID = /^kind:\/\/docker\/([^/]+)\/([^/]+)$/
const ASIDE = /-heald-[0-9a-f]{8}$/
/** What the engine says of a container that was never started. */
const NEVER = '0001-01-01T00:00:00Z'
const PAUSED = ' paused'

const POWERS: Readonly<Record<string, Power>> = {
  created: 'off',
  running: 'running',
  paused: 'paused',
  exited: 'off',
  dead: 'error',
  restarting: 'moving',
  removing: 'moving',
}

export async function readContainer(
  engine: Engine,
  idOrName: string,
  signal: AbortSignal,
): Promise<Container | undefined> {
  return engine.read(`/containers/${encodeURIComponent(idOrName)}/json`, Container, signal)
}

/** The engine also takes the beginning of an id for a name: only an exact name counts. */
export async function readByName(engine: Engine, name: string, signal: AbortSignal): Promise<Container | undefined> {
  const container = await readContainer(engine, name, signal)
  return container?.Name === name ? container : undefined
}

/** The name of the container that a Node says it is. */
export function machineOf({ providerID, name }: NodeFacts): string {
  return PROVIDER_ID.exec(providerID ?? '')?.[2] ?? name
}

/** `cluster`: whose containers heald may touch. */
export async function locateMachine(
  engine: Engine,
  cluster: string | undefined,
  node: NodeFacts,
  signal: AbortSignal,
): Promise<Located> {
  const [, named, machine] = PROVIDER_ID.exec(node.providerID ?? '') ?? []
  if (node.providerID !== undefined && named === undefined)
    return { mismatch: `${node.providerID} is none of Docker's` }
  if (cluster === undefined) {
    return { ambiguous: "docker.cluster is not configured, and neither heald's own node nor most Nodes name one" }
  }
  if (named !== undefined && named !== cluster) {
    return { mismatch: `${node.providerID} is of another cluster than ${cluster}` }
  }
  const name = machine ?? node.name
  const found = await readByName(engine, name, signal)
  if (found === undefined) return { gone: true, slot: await hasLeftover(engine, cluster, name, signal) }
  if (clusterOf(found) !== cluster) {
    return { mismatch: `container ${name} does not carry ${CLUSTER_LABEL}=${cluster}` }
  }
  return { found: refOf(found) }
}

/** A replacement half-way has put the old machine aside: its place is still there. */
async function hasLeftover(engine: Engine, cluster: string, name: string, signal: AbortSignal): Promise<boolean> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${CLUSTER_LABEL}=${cluster}`] }))
  const listed = await engine.read(`/containers/json?all=true&filters=${filters}`, Listed, signal)
  const names = (listed ?? []).flatMap((container) => container.Names ?? [])
  return names.some((other) => ASIDE.test(other) && baseName(other.replace(/^\//, '')) === name)
}

export function clusterOf(container: Container): string | undefined {
  return container.Config.Labels?.[CLUSTER_LABEL]
}

/** Without the mark of a replacement half-way. */
export function baseName(name: string): string {
  return name.replace(ASIDE, '')
}

export function refOf(container: Container): InstanceRef {
  const group = clusterOf(container)
  return { id: container.Id, name: baseName(container.Name), ...(group === undefined ? {} : { group }) }
}

export function powerOf(container: Container): Power {
  return powerOfStatus(container.State.Status)
}

export function powerOfStatus(status: string | undefined): Power {
  return POWERS[status ?? ''] ?? 'unknown'
}

/** Undefined when it was never started. */
export function startedAt(container: Container): string | undefined {
  const time = container.State.StartedAt
  return time === undefined || time === '' || time === NEVER ? undefined : time
}

/** Was it started again since `mark` was taken? Without a mark nobody can say: no. */
export function isRenewed(container: Container, mark: string | undefined): boolean {
  return mark !== undefined && startedAt(container) !== mark.replace(PAUSED, '')
}

export function stateOf(container: Container): InstanceState {
  const { Status, ExitCode, OOMKilled, Error: error } = container.State
  const power = powerOf(container)
  const mark = startedAt(container)
  const fault = error
    ? error
    : OOMKilled
      ? 'OOMKilled'
      : power === 'off' && ExitCode
        ? `exit code ${ExitCode}`
        : undefined
  return {
    ref: refOf(container),
    power,
    provenStopped: power === 'off' || Status === 'dead',
    ...(power === 'moving' ? { task: Status } : {}),
    ...(fault === undefined ? {} : { fault }),
    // Resuming leaves StartedAt alone, and must be provable all the same.
    ...(mark === undefined ? {} : { bootMark: power === 'paused' ? mark + PAUSED : mark }),
  }
}

export function planMachine(state: InstanceState): readonly RungPlan[] {
  const lockKey = state.ref.name
  const ok = { verdict: 'ok', reason: '', lockKey } as const
  const skip = (reason: string) => ({ verdict: 'skip', reason, lockKey }) as const
  if (state.power === 'unknown' || state.task === 'removing') {
    const hold = {
      verdict: 'hold',
      reason: state.task === 'removing' ? 'BeingRemoved' : 'StateUnknown',
      lockKey,
    } as const
    return [
      { rung: 'start', ...hold },
      { rung: 'reboot-hard', ...hold },
      { rung: 'replace', ...hold },
    ]
  }
  const startable = state.power === 'off' || state.power === 'paused'
  const dead = state.power === 'error'
  return [
    { rung: 'start', ...(startable ? ok : skip(dead ? 'Dead' : 'AlreadyRunning')) },
    { rung: 'reboot-hard', ...(dead ? skip('Dead') : state.power === 'off' ? skip('NotRunning') : ok) },
    { rung: 'replace', ...ok },
  ]
}

/** The container of `ref`, after its label has been compared; undefined when it is gone. */
export async function readOwn(
  engine: Engine,
  cluster: string | undefined,
  ref: InstanceRef,
  signal: AbortSignal,
): Promise<Container | undefined> {
  const container = await readContainer(engine, ref.id, signal)
  if (container === undefined || container.Id !== ref.id) return undefined
  const own = cluster ?? ref.group
  if (own !== undefined && clusterOf(container) === own) return container
  const why = `does not carry ${CLUSTER_LABEL}=${own ?? '(no cluster known)'}`
  throw new ProviderError('invalid', 'none', `docker: container ${container.Name}: ${why}`)
}

import type { Json } from '../../../core/model/primitives.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Log } from '../../../core/ports/log.ts'
import type { ActSignal } from '../../contract/act-signal.ts'
import { Cluster, NodeGroup, NodeGroupsAnswer } from '../schema/answers.ts'
import type { Service } from './service.ts'

/** From 1.13 on `stack_id` is hidden; 1.7 brought resize, 1.9 node groups. */
const NEWEST = 12
const OLDEST = 9

export interface Resize {
  readonly count: number
  readonly remove: readonly string[]
  readonly group: string
}

export interface Magnum {
  cluster(signal: AbortSignal): Promise<Cluster>
  groups(signal: AbortSignal): Promise<readonly NodeGroup[]>
  /** With limits and addresses, which the list leaves out. */
  group(uuid: string, signal: AbortSignal): Promise<NodeGroup | undefined>
  /** Accepted means queued: what comes of it only reading tells. */
  resize(resize: Resize, signal: ActSignal): Promise<void>
  patchHealth(
    status: 'HEALTHY' | 'UNHEALTHY',
    reason: Readonly<Record<string, string>>,
    signal: ActSignal,
  ): Promise<void>
  /** Milliseconds since the cluster's record changed, by Magnum's own clock. */
  ageOf(cluster: Cluster): number | undefined
}

/** `clusterName`: uuid or name; resolved to the uuid with the first answer, since a name may come to be twice. */
export function createMagnum(service: Service, clusterName: string | undefined, log: Log): Magnum {
  let version: string | undefined
  let uuid: string | undefined

  async function headers(signal: AbortSignal): Promise<Record<string, string>> {
    version ??= await discover(signal)
    return { 'openstack-api-version': `container-infra ${version}` }
  }

  /** Every answer names the newest version, and 1.1 is understood by every release. */
  async function discover(signal: AbortSignal): Promise<string> {
    const answer = await service.get({ path: path() }, signal)
    const header = answer.headers['openstack-api-maximum-version']
    const max = Number(/(?:^| )1\.(\d+)$/.exec(typeof header === 'string' ? header : '')?.[1] ?? OLDEST)
    if (max < OLDEST) {
      throw new ProviderError(
        'unsupported',
        'none',
        `openstack: magnum: speaks up to 1.${max}; heald needs 1.${OLDEST} (Train, 2019)`,
      )
    }
    const pinned = `1.${Math.min(max, NEWEST)}`
    log.info({ newest: `1.${max}`, pinned }, 'Magnum microversion')
    return pinned
  }

  function path(rest = ''): string {
    if (clusterName === undefined || clusterName === '') {
      throw new ProviderError('invalid', 'none', 'openstack: magnum: clusterName is not set')
    }
    return `/clusters/${encodeURIComponent(uuid ?? clusterName)}${rest}`
  }

  return {
    async cluster(signal) {
      const cluster = await service.read({ path: path(), headers: await headers(signal) }, Cluster, signal)
      if (cluster === undefined) {
        throw new ProviderError(
          'not-found',
          'none',
          `openstack: magnum: no cluster ${clusterName} in this project and region`,
        )
      }
      uuid = cluster.uuid
      return cluster
    },
    async groups(signal) {
      const call = { path: path('/nodegroups'), headers: await headers(signal) }
      return (await service.read(call, NodeGroupsAnswer, signal))?.nodegroups ?? []
    },
    async group(id, signal) {
      const call = { path: path(`/nodegroups/${encodeURIComponent(id)}`), headers: await headers(signal) }
      return service.read(call, NodeGroup, signal)
    },
    async resize({ count, remove, group }, signal) {
      const body: Json = { node_count: count, nodes_to_remove: remove, nodegroup: group }
      const call = { path: path('/actions/resize'), headers: await headers(signal) }
      await service.change({ ...call, method: 'POST', body }, signal)
    },
    async patchHealth(status, reason, signal) {
      const body: Json = [
        { op: 'replace', path: '/health_status', value: status },
        // A text that is a map of texts; anything else is a 400.
        { op: 'replace', path: '/health_status_reason', value: JSON.stringify(reason) },
      ]
      await service.change({ method: 'PATCH', path: path(), headers: await headers(signal), body }, signal)
    },
    ageOf({ updated_at }) {
      const now = service.now()
      const at = Date.parse(updated_at ?? '')
      return now === undefined || Number.isNaN(at) ? undefined : now - at
    },
  }
}

/** Of Magnum 1.13 and later too. Undefined while the cluster is being made. */
export function stackIdOf(cluster: Cluster): string | undefined {
  return cluster.stack_id ?? cluster.cluster_id ?? undefined
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The drivers on Cluster API put the name of their own object where Heat's driver has the stack's uuid. */
export function isCapi(cluster: Cluster): boolean {
  const id = stackIdOf(cluster)
  return id !== undefined && id !== '' && !UUID.test(id)
}

export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** Magnum itself accepts work in these: everything complete, and an update that failed. */
export function acceptsWork(status: string | null | undefined): boolean {
  return status === 'UPDATE_FAILED' || (/_COMPLETE$/.test(status ?? '') && status !== 'DELETE_COMPLETE')
}

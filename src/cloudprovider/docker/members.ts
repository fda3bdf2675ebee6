import type { Member, Members } from '../../core/model/instance.ts'
import type { Role } from '../../core/model/primitives.ts'
import type { Engine } from './engine.ts'
import { baseName, CLUSTER_LABEL, powerOfStatus, ROLE_LABEL } from './machine.ts'
import { Listed } from './schema.ts'

/** What kind runs beside its nodes, such as a load balancer, has a role of its own. */
const ROLES: Readonly<Record<string, Role>> = { 'control-plane': 'master', worker: 'worker' }

/** All containers of the cluster, by one request. */
export async function listMembers(
  engine: Pick<Engine, 'read'>,
  cluster: string | undefined,
  signal: AbortSignal,
): Promise<Members> {
  if (cluster === undefined) return { unsure: 'docker.cluster is not known' }
  const filters = encodeURIComponent(JSON.stringify({ label: [`${CLUSTER_LABEL}=${cluster}`] }))
  const listed = await engine.read(`/containers/json?all=true&filters=${filters}`, Listed, signal)
  if (listed === undefined) return { unsure: 'the engine lists no containers' }
  const members: Member[] = []
  for (const { Id, Names, Labels, State } of listed) {
    // The engine of a test may not filter; a container of another cluster is never a member.
    if (Labels?.[CLUSTER_LABEL] !== cluster) continue
    const role = ROLES[Labels[ROLE_LABEL] ?? 'worker']
    const name = Names?.[0]?.replace(/^\//, '')
    if (role === undefined || name === undefined) continue
    if (baseName(name) !== name) return { unsure: `${baseName(name)} is being replaced` }
    const ref = { id: Id, name, group: cluster }
    members.push({ ref, role, power: powerOfStatus(State), nodeName: name, addresses: [] })
  }
  return { members }
}

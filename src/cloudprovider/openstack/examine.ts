import { type Examined, ProviderError } from '../../core/ports/cloud-provider.ts'
import type { Session } from './auth/auth.ts'
import type { ServiceName } from './auth/catalog.ts'
import { isUntrusted } from './auth/http.ts'
import { isCapi, stackIdOf } from './services/magnum.ts'
import type { Service } from './services/service.ts'
import type { Tools } from './survey/survey.ts'
import { switchOf } from './survey/switch.ts'

type Services = Readonly<Record<ServiceName, Service>>

/** What a repair asks for may not be missing; without these nothing can be repaired at all. */
export async function requireNova({ nova }: Services, signal: AbortSignal): Promise<void> {
  const why = await nova.missing(signal)
  if (why !== undefined) throw new ProviderError('unsupported', 'none', `openstack: nova: ${why}`)
}

/** Looks at everything that repairs will need, and changes nothing: credentials, roles, catalog, cluster, servers, stack. */
export function createExaminer(tools: Tools, session: Session, services: Services, proxies: () => readonly string[]) {
  const { magnum, nova, heat, options } = tools

  async function look(what: string, signal: AbortSignal, job: () => Promise<Examined | string>): Promise<Examined> {
    try {
      const found = await job()
      return typeof found === 'string' ? { what, state: 'ok', message: found } : found
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof ProviderError)) throw thrown
      const again = (thrown.kind === 'unavailable' || thrown.kind === 'throttled') && !isUntrusted(thrown)
      return { what, state: 'failed', message: thrown.message, again }
    }
  }

  async function lookAtKeystone(signal: AbortSignal): Promise<Examined | string> {
    const { userId, projectId, roles } = (await session.login(signal)).token
    const who = `user ${userId} in project ${projectId ?? 'none'} with the roles ${roles.join(', ') || 'none that it tells'}`
    if (roles.length === 0 || roles.some((role) => role === 'member' || role === 'admin')) return who
    return warning('keystone', `${who}: unless the cloud has rules of its own, repairs need the role member`)
  }

  async function lookAtMagnum(signal: AbortSignal): Promise<Examined | string> {
    const cluster = await magnum.cluster(signal)
    const { on, reason } = switchOf(cluster, options.requireAutoHealingLabel)
    await magnum.groups(signal)
    if (!on) return warning('magnum', `heald would not act: ${reason}`)
    return `cluster ${cluster.name ?? cluster.uuid} is ${cluster.status ?? 'in no state'}`
  }

  async function lookAtHeat(signal: AbortSignal): Promise<Examined | string> {
    const why = await services.heat.missing(signal)
    const cluster = await magnum.cluster(signal).catch((thrown: unknown) => {
      signal.throwIfAborted()
      if (thrown instanceof ProviderError) return undefined
      throw thrown
    })
    if (cluster !== undefined && isCapi(cluster)) return 'not needed: the cluster is one of Cluster API'
    if (why !== undefined) return warning('heat', `${why} Without it nothing is replaced`)
    const id = cluster === undefined ? undefined : stackIdOf(cluster)
    const stack = id === undefined ? undefined : await heat.stack(id, signal)
    return stack === undefined
      ? warning('heat', "the cluster's stack is not to be seen: nothing would be replaced")
      : `stack ${stack.stack_name} is ${stack.stack_status}`
  }

  return async (signal: AbortSignal): Promise<readonly Examined[]> => {
    const keystone = await look('keystone', signal, () => lookAtKeystone(signal))
    if (keystone.state === 'failed') return [keystone]
    const others = await Promise.all([
      look('magnum', signal, () => lookAtMagnum(signal)),
      look('nova', signal, async () => {
        await requireNova(services, signal)
        await nova.limits(signal)
        return 'answers'
      }),
      look('heat', signal, () => lookAtHeat(signal)),
      look('cinder', signal, async () => {
        const why = await services.cinder.missing(signal)
        return why === undefined
          ? 'is in the catalog'
          : warning('cinder', `${why} Without it etcd's volumes are not checked`)
      }),
    ])
    const ways = proxies()
    const proxy: Examined = { what: 'proxy', state: 'ok', message: ways.join(', ') }
    return ways.length === 0 ? [keystone, ...others] : [proxy, keystone, ...others]
  }
}

function warning(what: string, message: string): Examined {
  return { what, state: 'warning', message }
}

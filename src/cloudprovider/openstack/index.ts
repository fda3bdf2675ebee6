import type { Order } from '../../core/model/order.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { createOnce } from '../../lib/once.ts'
import { always, type ChooseProxy, parseProxy, proxyOfEnvironment, remembering } from '../../lib/proxy/choose.ts'
import { type Cloud, defineProvider, type ProviderDefinition, type ProviderDeps } from '../contract/define.ts'
import { otherScheme } from '../contract/other-scheme.ts'
import { chosen, single } from '../contract/sequence.ts'
import { createSession } from './auth/auth.ts'
import type { ServiceName } from './auth/catalog.ts'
import { loadCredentials } from './auth/credentials.ts'
import { createExchange, type Exchange } from './auth/exchange.ts'
import { createFiles } from './auth/files.ts'
import { createHttp } from './auth/http.ts'
import { createExaminer, requireNova } from './examine.ts'
import { createBoot } from './rungs/boot.ts'
import { Cursor, LATE_MS, type Sequence, WAIT_MS } from './rungs/cursor.ts'
import { createReplaceCapi } from './rungs/replace-capi.ts'
import { createReplaceMaster } from './rungs/replace-master.ts'
import { createReplaceWorker } from './rungs/replace-worker.ts'
import { NO_PROXY, OpenStackOptions } from './schema/options.ts'
import { createCinder } from './services/cinder.ts'
import { createHeat } from './services/heat.ts'
import { createMagnum, isCapi } from './services/magnum.ts'
import { createNova } from './services/nova.ts'
import { createService } from './services/service.ts'
import { captureServer } from './survey/capture.ts'
import { inspectServer } from './survey/inspect.ts'
import { locateServer } from './survey/locate.ts'
import { listMembers } from './survey/members.ts'
import { createReporter } from './survey/report.ts'
import { planServer } from './survey/server.ts'
import { createSurveyor, groupNamed, type Tools } from './survey/survey.ts'
import { switchOf } from './survey/switch.ts'

/** Nodes that are Nova servers of a Magnum cluster. */
export const openstack = openstackOver(createExchange)

/** The same, its requests carried by what `exchangeOf` makes for each provider. */
export function openstackOver(exchangeOf: (proxyFor: ChooseProxy) => Exchange): ProviderDefinition {
  return defineProvider({
    schema: OpenStackOptions,
    create: (options, deps) => {
      const proxies = remembering(proxyOf(options, deps))
      return createOpenStack(options, deps, exchangeOf(proxies.choose), proxies.told)
    },
  })
}

function createOpenStack(
  options: OpenStackOptions,
  deps: ProviderDeps,
  exchange: Exchange,
  proxies: () => readonly string[],
): Cloud<Cursor> {
  const { clock, log } = deps
  const { tools, session, services } = connect(options, deps, exchange)
  const userId = async (signal: AbortSignal) => (await session.login(signal)).token.userId
  const { nova, magnum, lockKey } = tools
  const surveyor = createSurveyor(tools)
  const reporter = createReporter({ magnum, clock, log })
  const worker = createReplaceWorker(tools, surveyor)
  const master = createReplaceMaster(tools, surveyor)
  const capi = createReplaceCapi(tools, surveyor)
  const isNew = createOnce()
  /** A cluster keeps its driver. */
  let onCapi: boolean | undefined

  async function replaceOf([order]: readonly Order[], signal: AbortSignal): Promise<Sequence<unknown>> {
    onCapi ??= isCapi(await magnum.cluster(signal))
    if (onCapi) return capi
    return order !== undefined && (await isMaster(order, signal)) ? master : worker
  }

  async function isMaster({ instance }: Order, signal: AbortSignal): Promise<boolean> {
    return groupNamed(await magnum.groups(signal), instance.group)?.role === 'master'
  }

  async function warnOfOwner(owner: string | null | undefined, signal: AbortSignal): Promise<void> {
    const own = await userId(signal)
    if (owner === null || owner === undefined || owner === own || !isNew(owner)) return
    log.warn({ user: own, owner }, 'Heat gives the trust of a stack to whoever updates it: use its owner or a trust')
  }

  return {
    name: 'openstack',
    notOurs: (node) => otherScheme('openstack', node),
    locate: (node, signal) => locateServer(tools, surveyor, node, signal),
    members: (signal) => listMembers(tools, signal),
    inspect: (instance, signal) => inspectServer(tools, surveyor, instance, signal),
    forget: () => surveyor.forget(),
    plan: (state) => planServer(state, lockKey),
    capture: (instance, signal) => captureServer(nova, instance, signal),
    cursor: Cursor,
    names: ['id', 'volume', 'tries'],
    settleMs: WAIT_MS,
    lateMs: LATE_MS,
    rungs: {
      start: single(createBoot(nova, 'start')),
      'reboot-soft': single(createBoot(nova, 'reboot-soft')),
      'reboot-hard': single(createBoot(nova, 'reboot-hard')),
      replace: chosen(replaceOf),
    },
    examine: createExaminer(tools, session, services, proxies),
    async switch(signal) {
      await requireNova(services, signal)
      const cluster = await magnum.cluster(signal)
      await warnOfOwner(cluster.user_id, signal)
      return switchOf(cluster, options.requireAutoHealingLabel)
    },
    report: (health, signal) => reporter.report(health, signal),
  }
}

/** `openstack.proxy`, else what the environment says. */
function proxyOf({ proxy }: OpenStackOptions, { env }: ProviderDeps): ChooseProxy {
  if (proxy === undefined) return proxyOfEnvironment(env ?? {})
  return always(proxy === NO_PROXY ? undefined : parseProxy(proxy))
}

function connect(options: OpenStackOptions, deps: ProviderDeps, exchange: Exchange) {
  const { clock, log } = deps
  const files = createFiles()
  const http = createHttp(log, exchange)
  const parseYaml = deps.parseYaml ?? noYaml
  const load = () => loadCredentials({ options, files, parseYaml, env: deps.env ?? {} })
  const session = createSession({ http, clock, log, load })
  const service = (name: ServiceName) => createService({ name, session, http, log })
  const services = {
    nova: service('nova'),
    magnum: service('magnum'),
    heat: service('heat'),
    cinder: service('cinder'),
  }
  const clusterName = options.clusterName ?? deps.clusterName
  const tools: Tools = {
    nova: createNova(services.nova),
    magnum: createMagnum(services.magnum, clusterName, log),
    heat: createHeat(services.heat),
    cinder: createCinder(services.cinder),
    options,
    clock,
    lockKey: `cluster/${clusterName ?? ''}`,
  }
  return { tools, session, services }
}

function noYaml(): never {
  throw new ProviderError('unsupported', 'none', 'openstack: clouds.yaml cannot be read here')
}

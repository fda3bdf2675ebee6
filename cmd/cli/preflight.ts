import type { Config } from '../../src/config/schema/schema.ts'
import type { Examined } from '../../src/core/ports/cloud-provider.ts'
import { SILENT } from '../../src/core/ports/log.ts'
import type { Right } from '../../src/daemon/section.ts'
import { RIGHTS } from '../../src/daemon/sections.ts'
import { KubeError, type KubeHttp } from '../../src/kube/client/http.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { NODES } from '../../src/kube/client/paths.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { findOtherHealds } from '../../src/kube/other-healds.ts'
import { REPAIRS_PATH } from '../../src/kube/store/repairs.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { asError } from '../../src/lib/errors.ts'
import { recordAt } from '../../src/lib/pure/json.ts'
import { EXIT } from './exit.ts'
import { failureOf } from './failure.ts'
import type { Terminal } from './output.ts'
import { createProvider } from './provider.ts'

const LONGEST_MS = 60_000
const REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

/** What `heald run` would need, tried with its own credentials: API server, rights, CRD, cloud. Nothing is changed. */
export async function tryOut(
  config: Config,
  kubeconfig: string | undefined,
  terminal: Terminal,
): Promise<readonly Examined[]> {
  const signal = AbortSignal.timeout(LONGEST_MS)
  const [kube, cloud] = await Promise.all([tryKube(config, kubeconfig, terminal, signal), tryCloud(config, signal)])
  return [...kube, ...cloud]
}

async function tryKube(
  { kubernetes, leaderElection }: Config,
  kubeconfig: string | undefined,
  { env }: Terminal,
  signal: AbortSignal,
): Promise<readonly Examined[]> {
  let http: KubeHttp
  try {
    const credentials = await loadCredentials({
      kubeconfig: kubeconfig ?? kubernetes.kubeconfig,
      apiHost: kubernetes.apiHost,
      env,
    })
    http = createTransport(credentials, systemClock)
    await http.request({ method: 'GET', path: NODES, query: { limit: 1 } }, signal)
  } catch (thrown) {
    return [failed('api server', thrown)]
  }
  const reached: Examined = { what: 'api server', state: 'ok', message: 'answers' }
  const crd = await tryCrd(http, signal)
  const rights = await tryRights(http, signal)
  if (crd.state !== 'ok') return [reached, crd, rights]
  const own = `${leaderElection.namespace}/${leaderElection.name}`
  const others = await findOtherHealds(http, own, signal).catch((thrown) => failed('other healds', thrown))
  return [reached, crd, rights, others]
}

async function tryCrd(http: KubeHttp, signal: AbortSignal): Promise<Examined> {
  const what = 'noderepairs'
  try {
    await http.request({ method: 'GET', path: REPAIRS_PATH, query: { limit: 1 } }, signal)
    return { what, state: 'ok', message: 'the CRD is there' }
  } catch (thrown) {
    if (!(thrown instanceof KubeError) || thrown.status !== 404) return failed(what, thrown)
    return { what, state: 'failed', message: 'the CRD is missing: kubectl apply -k manifests/base' }
  }
}

/** Asked for one by one; the answers are stored nowhere. */
async function tryRights(http: KubeHttp, signal: AbortSignal): Promise<Examined> {
  const what = 'rights'
  try {
    const missing: string[] = []
    for (const { verbs, resource: path, group, namespace, name } of RIGHTS.filter(({ optional }) => !optional)) {
      const where = { group, namespace, name }
      const [resource = '', subresource] = path.split('/')
      for (const verb of verbs.split(' ')) {
        const resourceAttributes = { ...where, verb, resource, ...(subresource === undefined ? {} : { subresource }) }
        const body = { spec: { resourceAttributes } }
        const answer = await http.request({ method: 'POST', path: REVIEW, body }, signal)
        if (!isAllowed(answer)) missing.push(nameOf(verb, path, where))
      }
    }
    if (missing.length === 0) return { what, state: 'ok', message: 'all that heald needs' }
    return { what, state: 'failed', message: `missing: ${missing.join(', ')}; manifests/base/rbac.yaml has them` }
  } catch (thrown) {
    if (!(thrown instanceof KubeError) || thrown.status !== 404) return failed(what, thrown)
    return { what, state: 'warning', message: 'the API server does not tell which rights this account has' }
  }
}

function nameOf(
  verb: string,
  path: string,
  { group, namespace, name }: Pick<Right, 'group' | 'namespace' | 'name'>,
): string {
  const resource = group === '' ? path : `${path}.${group}`
  return [
    verb,
    resource,
    ...(name === undefined ? [] : [name]),
    ...(namespace === undefined ? [] : ['in', namespace]),
  ].join(' ')
}

function isAllowed(answer: unknown): boolean {
  return recordAt(answer, 'status').allowed === true
}

async function tryCloud(config: Config, signal: AbortSignal): Promise<readonly Examined[]> {
  const what = config.cloudProvider
  try {
    const provider = createProvider(config, { clock: systemClock, log: SILENT })
    if (provider.examine !== undefined) return await provider.examine(signal)
    return [{ what, state: 'ok', message: 'has nothing that could be tried without a node' }]
  } catch (thrown) {
    return [{ what, state: 'failed', message: asError(thrown).message, again: signal.aborted }]
  }
}

function failed(what: string, thrown: unknown): Examined {
  const { code, message = asError(thrown).message } = failureOf(thrown)
  return { what, state: 'failed', message: message.replace(/^heald: /, ''), again: code === EXIT.tryAgain }
}

import { existsSync, realpathSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { createWatchedFile } from '../../lib/watched-file.ts'
import type { Credentials, TlsOptions } from './credentials.ts'
import { KubeError } from './http.ts'
import { type KubeconfigLimits, kubeconfigCredentials } from './kubeconfig.ts'

export interface CredentialOptions {
  readonly kubeconfig?: string
  /** Of a kubeconfig; who names one means no pod's account. */
  readonly context?: string | undefined
  /** What that one may not do, because whoever named it may not. Undefined: a person did. */
  readonly limits?: KubeconfigLimits
  /** `kubernetes.apiHost` of the configuration: tried before every other address. */
  readonly apiHost?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readServiceAccountFrom?: string
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
/** What of that folder is no secret. */
const PUBLIC: readonly string[] = ['ca.crt', 'namespace']
/** Every API server's certificate carries it, whatever address it listens on. */
const IN_CLUSTER_NAME = 'kubernetes.default.svc'
/** Control-plane nodes have an API server of their own: no pod network, no DNS, no load balancer in between. */
const OWN_HOST = 'https://127.0.0.1:6443'
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/**
 * In controller-runtime's order: the given kubeconfig, KUBECONFIG, the pod's ServiceAccount, `~/.kube/config`, and
 * `apiHost` alone (an authenticating proxy). Throws KubeError `NoCredentials` when there is none or it can't be read.
 */
export async function loadCredentials(options: CredentialOptions): Promise<Credentials> {
  const { env, context } = options
  const apiHost = options.apiHost ? baseUrl(options.apiHost) : undefined
  const folder = options.readServiceAccountFrom ?? SERVICE_ACCOUNT
  const named = options.kubeconfig ? [options.kubeconfig] : (env.KUBECONFIG ?? '').split(':').filter((p) => p !== '')
  const limits = options.kubeconfig ? options.limits : undefined
  if (named.length > 0) return kubeconfigCredentials(named, unlessPlain(apiHost), { limits, context })
  if (context === undefined && existsSync(join(folder, 'token')))
    return serviceAccountCredentials(folder, unlessPlain(apiHost), env)
  const home = env.HOME ? join(env.HOME, '.kube', 'config') : undefined
  if (home !== undefined && existsSync(home)) return kubeconfigCredentials([home], unlessPlain(apiHost), { context })
  if (apiHost !== undefined && context === undefined) return anonymous(apiHost)
  throw new KubeError(
    0,
    'NoCredentials',
    `kube: no way to an API server: not in a cluster (${folder}/token is missing), and no kubeconfig: give --kubeconfig FILE or set KUBECONFIG`,
  )
}

/** @throws KubeError `NoCredentials` that names the door. */
export function baseUrl(host: string): string {
  const text = /^https?:\/\//.test(host) ? host : `https://${host}`
  if (URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new KubeError(
    0,
    'NoCredentials',
    `kubernetes.apiHost: ${JSON.stringify(host)} is not an address like https://HOST:6443`,
  )
}

/** Whether `file` is the pod's own token, by whatever path: links are followed, those of the kubelet's own swap too. */
export function isOwnToken(file: string, account: string = SERVICE_ACCOUNT): boolean {
  try {
    const real = realpathSync(file)
    return real.startsWith(realpathSync(account) + sep) && !PUBLIC.includes(basename(real))
  } catch {
    return false // nobody can read what is not there
  }
}

/** What proves who we are goes to nobody else's machine without TLS: `apiHost` may be named by another than the credentials. */
function unlessPlain(apiHost: string | undefined): string | undefined {
  if (apiHost === undefined || apiHost.startsWith('https:') || LOOPBACK.test(new URL(apiHost).hostname)) return apiHost
  throw new KubeError(
    0,
    'NoCredentials',
    `kubernetes.apiHost: ${JSON.stringify(apiHost)}: heald's own credentials are not sent without TLS: use https://`,
  )
}

function serviceAccountCredentials(
  folder: string,
  apiHost: string | undefined,
  env: CredentialOptions['env'],
): Credentials {
  const token = createWatchedFile(join(folder, 'token'))
  const authority = createWatchedFile(join(folder, 'ca.crt'))
  const made = new Map<string, TlsOptions>()
  return {
    hosts: unique([apiHost, OWN_HOST, serviceHost(env)]),
    async headers() {
      return { authorization: `Bearer ${(await read(token, join(folder, 'token'))).trim()}` }
    },
    async tls(host) {
      const ca = await read(authority, join(folder, 'ca.crt'))
      const known = made.get(host)
      if (known?.ca === ca) return known
      const byItsOwnName = host === apiHost && host !== OWN_HOST
      const tls = { ca, rejectUnauthorized: true, ...(byItsOwnName ? {} : { servername: IN_CLUSTER_NAME }) }
      made.set(host, tls)
      return tls
    },
    refresh() {
      token.forget()
      authority.forget()
    },
  }
}

async function read(file: { read(): Promise<string> }, path: string): Promise<string> {
  try {
    return await file.read()
  } catch (cause) {
    throw new KubeError(0, 'NoCredentials', `kube: ${path}: can't be read`, { cause })
  }
}

function serviceHost(env: CredentialOptions['env']): string | undefined {
  const host = env.KUBERNETES_SERVICE_HOST
  if (!host) return undefined
  const port = env.KUBERNETES_SERVICE_PORT_HTTPS ?? env.KUBERNETES_SERVICE_PORT ?? '443'
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function anonymous(apiHost: string): Credentials {
  const tls = { rejectUnauthorized: true }
  return { hosts: [apiHost], headers: async () => ({}), tls: async () => tls, refresh: () => undefined }
}

function unique(hosts: readonly (string | undefined)[]): string[] {
  return [...new Set(hosts.filter((host) => host !== undefined))]
}

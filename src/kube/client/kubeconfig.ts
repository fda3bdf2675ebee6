import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node'
import { YAMLParseError } from 'yaml'
import { unlessAborted } from '../../lib/abort.ts'
import { parseProxy } from '../../lib/proxy/choose.ts'
import { listOf, recordAt, recordOf, textOf, textOrEmpty } from '../../lib/pure/json.ts'
import { createWatchedFile, fileMark } from '../../lib/watched-file.ts'
import type { Credentials, TlsOptions } from './credentials.ts'
import { KubeError } from './http.ts'
import { type Kubeconfig, mergeKubeconfigs, readKubeconfig } from './merge-kubeconfigs.ts'

/** Each says why not, or undefined: it may. */
export interface KubeconfigLimits {
  /** Of a credential plugin; `env` is what the kubeconfig adds to its environment. */
  programFault(command: string, env: Readonly<Record<string, string>>): string | undefined
  /** Of a file whose text would be sent to the server. */
  secretFault(file: string): string | undefined
}

export interface KubeconfigChoice {
  readonly limits?: KubeconfigLimits | undefined
  /** Default: the file's own `current-context`. */
  readonly context?: string | undefined
}

interface Loaded {
  readonly config: KubeConfig
  readonly cluster: Cluster
  readonly user: User | undefined
  /** Wins over `token`. client-node knows `token-file` only; everybody else, and the documentation, write `tokenFile`. */
  readonly tokenFile: string | undefined
  readonly proxy: URL | undefined
  readonly files: readonly string[]
  readonly marks: string
}

interface Answer {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions
}

/** Of one or more kubeconfig files (merged in order): tokens, token files, client certificates and credential plugins. */
export async function kubeconfigCredentials(
  paths: readonly string[],
  apiHost: string | undefined,
  choice: KubeconfigChoice = {},
): Promise<Credentials> {
  let loaded: Loaded | undefined = await load(paths, choice)
  let answer: Promise<Answer> | undefined
  const server = loaded.cluster.server.replace(/\/+$/, '')
  const made = new Map<string, { from: TlsOptions; tls: TlsOptions }>()

  /** One plugin run for all who ask at the same time. Its answer is good until the server refuses it. */
  async function current(): Promise<Answer> {
    const marks = loaded === undefined ? undefined : await marksOf(loaded.files).catch(() => loaded?.marks)
    if (loaded === undefined || marks !== loaded.marks) {
      loaded = await load(paths, choice)
      answer = undefined
    }
    if (answer === undefined) {
      const asked = ask(loaded)
      answer = asked
      asked.catch(() => {
        if (answer === asked) answer = undefined
      })
    }
    return answer
  }

  return {
    hosts: apiHost === undefined || apiHost === server ? [server] : [apiHost, server],
    async headers(signal) {
      return (await unlessAborted(current(), signal)).headers
    },
    async tls(host, signal) {
      const { tls } = await unlessAborted(current(), signal)
      const known = made.get(host)
      if (known !== undefined && sameTls(known.from, tls)) return known.tls
      // tls-server-name speaks of the cluster's own address, not of the one that we were told to use instead.
      const { servername, ...rest } = tls
      const forHost = host === server && servername !== undefined ? { ...rest, servername } : rest
      made.set(host, { from: tls, tls: forHost })
      return forHost
    },
    async proxy(signal) {
      await unlessAborted(current(), signal)
      return loaded?.proxy
    },
    refresh() {
      loaded = undefined
    },
  }
}

async function load(paths: readonly string[], { limits, context }: KubeconfigChoice): Promise<Loaded> {
  // A megabyte of generated client that a pod with a ServiceAccount never needs.
  const { KubeConfig } = await import('./kube-config.ts')
  const config = new KubeConfig()
  const found = paths.length === 1 ? paths : paths.filter((path) => existsSync(path))
  const where = paths.join(':')
  if (found.length === 0) throw unreadable(where, 'none of these files is there')
  const parts: Kubeconfig[] = []
  for (const path of found) {
    try {
      parts.push(readKubeconfig(path, await createWatchedFile(path).read()))
    } catch (thrown) {
      throw unreadable(path, whyUnreadable(thrown))
    }
  }
  const read = mergeKubeconfigs(parts)
  const merged = context === undefined ? read : { ...read, 'current-context': context }
  if (context !== undefined && !read.contexts.some(({ name }) => name === context)) {
    const known = read.contexts.map(({ name }) => name).join(', ')
    throw unreadable(where, `there is no context ${JSON.stringify(context)}; there are: ${known || 'none'}`)
  }
  try {
    config.loadFromString(JSON.stringify(merged))
  } catch (thrown) {
    throw unreadable(where, whyUnreadable(thrown))
  }
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw unreadable(where, `context ${JSON.stringify(config.currentContext)} names no cluster`)
  if (!URL.canParse(cluster.server)) throw unreadable(where, `${JSON.stringify(cluster.server)} is not a server's URL`)
  const proxy = cluster.proxyUrl ? parseProxy(cluster.proxyUrl) : undefined
  if (cluster.proxyUrl && proxy === undefined) {
    throw unreadable(where, "proxy-url is no proxy's address such as http://HOST:PORT or socks5://HOST:PORT")
  }
  const user = config.getCurrentUser() ?? undefined
  const entry = merged.users.find(({ name }) => name === user?.name)
  const secrets = recordAt(entry, 'user')
  const fault = limits === undefined ? undefined : faultOf(secrets, limits)
  if (fault !== undefined) throw unreadable(where, fault)
  const tokenFile = textOf(secrets.tokenFile)
  const named = [cluster.caFile, user?.certFile, user?.keyFile, tokenFile].filter(
    (file) => file !== undefined && file !== null,
  )
  const files = [...found, ...named]
  // client-node refuses to make an agent for plain http unless told that nothing is verified; we make our own agents.
  const safe = cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster
  config.clusters = config.clusters.map((each) => (each === cluster ? safe : each))
  return { config, cluster, user, tokenFile, proxy, files, marks: await marksOf(files) }
}

/** An `auth-provider` runs programs and reads files of its own in ways that are its library's alone: all of it or nothing. */
function faultOf(user: Readonly<Record<string, unknown>>, limits: KubeconfigLimits): string | undefined {
  if (user['auth-provider'] !== undefined) return 'a kubeconfig that a ConfigMap names may have no auth-provider'
  if (user.exec !== undefined) {
    const { command, env } = recordOf(user.exec)
    const added = listOf(env).map((pair) => [textOrEmpty(recordOf(pair).name), textOrEmpty(recordOf(pair).value)])
    const fault = limits.programFault(textOrEmpty(command), Object.fromEntries(added))
    if (fault !== undefined) return fault
  }
  const files = [user.tokenFile, user['token-file']].map(textOf).filter((file) => file !== undefined)
  return files.map((file) => limits.secretFault(file)).find((fault) => fault !== undefined)
}

async function ask(loaded: Loaded): Promise<Answer> {
  const options: RequestOptions = { headers: {} }
  try {
    await loaded.config.applyToHTTPSOptions(options)
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(options.headers ?? {}))
      headers[name.toLowerCase()] = String(value).trim()
    if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
    if (loaded.tokenFile !== undefined) {
      headers.authorization = `Bearer ${(await createWatchedFile(loaded.tokenFile).read()).trim()}`
    }
    return { headers, tls: tlsOf(options) }
  } catch (thrown) {
    throw unreadable(loaded.files[0] ?? '', whyUnreadable(thrown))
  }
}

function tlsOf({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): TlsOptions {
  return {
    ...(isPem(ca) ? { ca } : {}),
    ...(isPem(cert) ? { cert } : {}),
    ...(isPem(key) ? { key } : {}),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: rejectUnauthorized ?? true,
  }
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value)
}

function sameTls(a: TlsOptions, b: TlsOptions): boolean {
  const text = (tls: TlsOptions): string =>
    JSON.stringify([String(tls.ca), String(tls.cert), String(tls.key), tls.rejectUnauthorized, tls.servername])
  return a === b || text(a) === text(b)
}

async function marksOf(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(fileMark))).join('\n')
}

function unreadable(path: string, why: string): KubeError {
  return new KubeError(0, 'NoCredentials', `kube: kubeconfig ${path}: ${why}`)
}

/** Parsers quote what they choked on, and that may be a token: of their errors only what and where is kept. */
function whyUnreadable(thrown: unknown): string {
  if (thrown instanceof KubeError) return thrown.message
  if (!(thrown instanceof Error)) return 'unreadable'
  if (thrown instanceof YAMLParseError) {
    const [at] = thrown.linePos ?? []
    return `it is not YAML: ${thrown.code}${at === undefined ? '' : ` (line ${at.line}, column ${at.col})`}`
  }
  if (thrown instanceof SyntaxError) return 'the credential plugin did not print JSON'
  return thrown.message.slice(0, 300)
}

import { existsSync } from 'node:fs'
import { PROVIDERS } from '../cloudprovider/registry.ts'
import { pathKey } from '../config/load/canonical.ts'
import { ConfigError, type ConfigIssue, formatIssue } from '../config/load/config-error.ts'
import { type Loaded, loadConfig } from '../config/load/load.ts'
import { readConfigFile, watchConfigFile } from '../config/load/source.ts'
import { type ConfigReloader, type ConfigSource, createConfigReloader } from '../config/reloader.ts'
import type { Config, OptionSchemas } from '../config/schema/schema.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Tell } from '../core/ports/log.ts'
import { commandFault, programFault } from '../healthcheck/allowed-programs.ts'
import { pluginSchemas } from '../healthcheck/registry.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import type { KubeconfigLimits } from '../kube/client/kubeconfig.ts'
import { isOwnToken } from '../kube/client/load-credentials.ts'
import { configMapPath } from '../kube/client/paths.ts'
import { parseConfigMap } from '../kube/config-map.ts'
import { asError } from '../lib/errors.ts'
import { createOnce } from '../lib/once.ts'
import { recordAt, textsOf } from '../lib/pure/json.ts'
import type { Loop } from '../lib/supervise.ts'
import { CONFIG_KEY, type ConfigMapRef } from './own-config-map.ts'
import { SECTIONS } from './sections.ts'

/** Whose annotations are the cluster's switches when no other ConfigMap is named. */
export const DEFAULT_CONFIG_MAP = { namespace: 'kube-system', name: 'heald-config' } as const

export function parseReference(text: string): ConfigMapRef | undefined {
  const [, namespace, name] = /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-a-z0-9.]*)$/.exec(text) ?? []
  return namespace === undefined || name === undefined ? undefined : { namespace, name }
}

/** What plugins, clouds and sections are built in, as the configuration needs it. */
export function optionSchemas(): OptionSchemas {
  const providers = Object.fromEntries([...PROVIDERS].map(([name, { schema }]) => [name, schema]))
  const sections = Object.fromEntries(SECTIONS.flatMap(({ settings = {} }) => Object.entries(settings)))
  return { plugins: pluginSchemas, providers, sections }
}

interface Reach {
  /** The folder from which a ConfigMap may have programs run; undefined: none. */
  readonly allowExec?: string | undefined
  /** The folder of the pod's own ServiceAccount, where it is another than in every pod. */
  readonly account?: string | undefined
}

/** Where the configuration comes from, as whoever started heald has said. */
export interface ConfigNames extends Reach {
  readonly file: string | undefined
  readonly configMap: string | undefined
}

export function createReloader(names: ConfigNames, tell: Tell, clock: Clock): ConfigReloader {
  const nameOf = (source: ConfigSource): string =>
    source === 'file' ? (names.file ?? 'configuration') : `configmap ${names.configMap}`
  return createConfigReloader({
    load(text, source) {
      const loaded = loadConfig(text, { file: nameOf(source), ...optionSchemas(), exists: existsSync })
      // Beside a ConfigMap the file is most likely that ConfigMap, mounted: the same hands write it.
      if (names.configMap !== undefined) refuseReach(loaded, nameOf(source), names)
      return loaded
    },
    tell,
    clock,
  })
}

/** Throws ConfigError when what a ConfigMap says would run what `allowExec` does not hold, or send heald's own token somewhere. */
function refuseReach({ config, ranges }: Loaded, file: string, { allowExec, account }: Reach): void {
  const refused = (path: readonly string[], label: string, message: string | undefined): readonly ConfigIssue[] => {
    if (message === undefined) return []
    const spot = ranges.get(pathKey(path))
    return [{ file, ...(spot?.at ?? { line: 1, col: 1 }), key: spot?.label ?? label, message }]
  }
  const ofChecks = (['master', 'worker'] as const).flatMap((role) =>
    config.healthcheck[role].flatMap(({ type, params }, index) => {
      const fault = programFault(type, params, allowExec) ?? tokenFault(params, account)
      return refused(['healthcheck', role, String(index), 'type'], `healthcheck.${role}[${index}]`, fault)
    }),
  )
  const command = recordAt(config.providerOptions, 'docker').rejoinCommand
  const key = 'docker.rejoinCommand'
  const rejoin = Array.isArray(command) ? commandFault(key, { file: String(command[0]) }, allowExec) : undefined
  const ofClouds = Object.entries(config.providerOptions).flatMap(([cloud, options]) =>
    refused([cloud], cloud, tokenFault(options, account)),
  )
  const { cloudProvider: cloud, providerOptions } = config
  const program = PROVIDERS.get(cloud)?.program(providerOptions[cloud])
  const own = program && commandFault(`cloudProvider: ${cloud}`, program, allowExec)
  const ofPrograms = [...refused(['docker', 'rejoinCommand'], key, rejoin), ...refused([cloud], cloud, own)]
  const issues = [...ofChecks, ...ofPrograms, ...ofClouds]
  if (issues.length > 0) throw new ConfigError(issues)
}

/** What a kubeconfig may not do when `--config-map` is given and the configuration names it: see refuseReach. */
export function kubeconfigLimits({ configMap, allowExec, account }: ConfigNames): KubeconfigLimits | undefined {
  if (configMap === undefined) return undefined
  return {
    programFault: (command, env) => commandFault('a credential plugin', { file: command, env }, allowExec),
    secretFault: (file) => tokenFault({ tokenFile: file }, account),
  }
}

/** Of keys such as `tokenFile` and `passwordFile`: what stands in such a file is sent to whom the same text names. */
function tokenFault(options: unknown, account: string | undefined): string | undefined {
  const named = Object.entries(textsOf(options, (key) => key.endsWith('File')))
  const own = named.find(([, file]) => isOwnToken(file, account))
  return own && `${own[0]}: ${own[1]} is the pod's own token; from a ConfigMap it is not taken`
}

/** Offers the file, if one is named. Returns every problem as text when it can't be the first configuration. */
export async function offerFile(keeper: ConfigReloader, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  let text: string
  try {
    text = await readConfigFile(file)
  } catch (thrown) {
    return `${file}: can't be read: ${asError(thrown).message}`
  }
  if (keeper.offer(text, 'file')) return undefined
  const error = keeper.lastError()
  return error instanceof ConfigError ? error.issues.map(formatIssue).join('\n') : `${file}: not a configuration`
}

/** Waits until the ConfigMap, or before that the file, has given a first good configuration. */
export async function awaitConfig(
  keeper: ConfigReloader,
  source: { readonly http: KubeHttp; readonly configMap: ConfigMapRef | undefined },
  { clock, tell }: { readonly clock: Clock; readonly tell: Tell },
  signal: AbortSignal,
): Promise<Config | undefined> {
  const { http, configMap } = source
  const isNew = createOnce()
  const tellOnce = (level: 'error' | 'warn', reason: string, message: string): void => {
    if (isNew(message)) tell({ level, reason, message })
  }
  while (keeper.current() === undefined && configMap !== undefined && !signal.aborted) {
    try {
      const path = configMapPath(configMap.namespace, configMap.name)
      const text = parseConfigMap(await http.request({ method: 'GET', path }, signal))?.item.data[CONFIG_KEY]
      if (text !== undefined) keeper.offer(text, 'config-map')
      else tellOnce('error', 'ConfigInvalid', `${path} has no key ${CONFIG_KEY}`)
    } catch (thrown) {
      if (signal.aborted) return undefined
      tellOnce('warn', 'ConfigUnavailable', asError(thrown).message)
    }
    if (keeper.current() === undefined) await clock.sleep(2_000, signal).catch(() => undefined)
  }
  return keeper.current()
}

/** Offers the file's text at each change. The last good configuration stays while nobody reads the file, so a failure harms nobody. */
export function configFileLoop(file: string, keeper: ConfigReloader, { clock }: { readonly clock: Clock }): Loop {
  const watch = {
    clock,
    onGone: (error: Error): void => keeper.withhold('file', `${file} can't be read: ${error.message}`),
    onBack: (): void => keeper.withhold('file', undefined),
  }
  return {
    name: 'configuration file',
    run: (signal) => watchConfigFile(file, (text) => void keeper.offer(text, 'file'), watch, signal),
    restartAfterMs: 5_000,
  }
}

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
import { configMapPath } from '../kube/client/paths.ts'
import { parseConfigMap } from '../kube/config-map.ts'
import { asError } from '../lib/errors.ts'
import { createOnce } from '../lib/once.ts'
import { recordAt } from '../lib/pure/json.ts'
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

export function createReloader(
  names: {
    readonly file: string | undefined
    readonly configMap: string | undefined
    /** The folder from which a ConfigMap may have programs run; undefined: none. */
    readonly allowExec?: string | undefined
  },
  tell: Tell,
  clock: Clock,
): ConfigReloader {
  const nameOf = (source: ConfigSource): string =>
    source === 'file' ? (names.file ?? 'configuration') : `configmap ${names.configMap}`
  return createConfigReloader({
    load(text, source) {
      const loaded = loadConfig(text, { file: nameOf(source), ...optionSchemas(), exists: existsSync })
      // Beside a ConfigMap the file is most likely that ConfigMap, mounted: the same hands write it.
      if (names.configMap !== undefined) refusePrograms(loaded, nameOf(source), names.allowExec)
      return loaded
    },
    tell,
    clock,
  })
}

/** Throws ConfigError when a check, or the cloud, would run what `folder` does not hold. */
function refusePrograms({ config, ranges }: Loaded, file: string, folder: string | undefined): void {
  const issues: ConfigIssue[] = (['master', 'worker'] as const).flatMap((role) =>
    config.healthcheck[role].flatMap(({ type, params }, index): readonly ConfigIssue[] => {
      const message = programFault(type, params, folder)
      if (message === undefined) return []
      const spot = ranges.get(pathKey(['healthcheck', role, String(index), 'type']))
      const { line, col } = spot?.at ?? { line: 1, col: 1 }
      return [{ file, line, col, key: spot?.label ?? `healthcheck.${role}[${index}]`, message }]
    }),
  )
  const command = recordAt(config.providerOptions, 'docker').rejoinCommand
  const fault = Array.isArray(command) ? commandFault('docker.rejoinCommand', command, folder) : undefined
  if (fault !== undefined) {
    const spot = ranges.get(pathKey(['docker', 'rejoinCommand']))
    issues.push({
      file,
      ...(spot?.at ?? { line: 1, col: 1 }),
      key: spot?.label ?? 'docker.rejoinCommand',
      message: fault,
    })
  }
  if (issues.length > 0) throw new ConfigError(issues)
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

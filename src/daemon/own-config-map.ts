import type { ConfigReloader } from '../config/reloader.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Log, Tell } from '../core/ports/log.ts'
import type { Watched } from '../core/ports/watched.ts'
import { KubeError, type KubeHttp } from '../kube/client/http.ts'
import { configMapPath } from '../kube/client/paths.ts'
import { type ConfigMapFacts, parseConfigMap, watchConfigMap } from '../kube/config-map.ts'
import type { Random } from '../lib/pure/random.ts'

/** The key of the ConfigMap under which the configuration stands. */
export const CONFIG_KEY = 'config.yaml'

export interface ConfigMapRef {
  readonly namespace: string
  readonly name: string
}

const AWAY_AFTER_MS: Millis = 30_000
/** While it is away nothing tells that it is back. */
const LOOK_MS: Millis = 500

/** heald's own ConfigMap: its annotations are switches and, when asked for, its data the configuration. */
export interface OwnConfigMap {
  readonly path: string
  readonly watched: Watched<ConfigMapFacts>
  /** Reads it now, without the watch. */
  refetch(signal: AbortSignal): Promise<void>
  /** While the API is away, the file counts again. Returns the moment when it wants to be called next. */
  tend(): Millis
}

export function createOwnConfigMap(
  options: {
    readonly http: KubeHttp
    readonly clock: Clock
    readonly log: Log
    readonly tell: Tell
    readonly keeper: ConfigReloader
    readonly random: Random
  },
  reference: ConfigMapRef & { readonly configured: boolean },
): OwnConfigMap {
  const { http, clock, tell, keeper } = options
  const { name, configured } = reference
  const path = configMapPath(reference.namespace, name)
  const watched = watchConfigMap({ ...options, ...reference }, { random: options.random })
  const startedAt = clock.now()
  let away = false

  const offer = (facts: ConfigMapFacts | undefined): void => {
    if (!configured) return
    const text = facts?.data[CONFIG_KEY]
    const none = facts === undefined ? `there is no ${path}` : `${path} has no key ${CONFIG_KEY}`
    keeper.withhold('config-map', text === undefined ? none : undefined)
    if (text !== undefined) keeper.offer(text, 'config-map')
  }
  let removed = false
  watched.onChange((_, after) => {
    if ((after === undefined) !== removed) {
      removed = after === undefined
      const message = removed ? `${path} was removed: its last pauses stay in force` : `${path} is there again`
      tell({ level: removed ? 'warn' : 'info', reason: removed ? 'ConfigMapRemoved' : 'ConfigMapRegained', message })
    }
    offer(after)
  })

  return {
    path,
    watched,
    async refetch(signal) {
      try {
        const parsed = parseConfigMap(await http.request({ method: 'GET', path }, signal))
        if (parsed !== undefined) watched.applyWrite(name, parsed.item)
      } catch (thrown) {
        // A ConfigMap that vanished keeps its last word.
        if (!(thrown instanceof KubeError) || thrown.status !== 404) throw thrown
      }
    },
    tend() {
      const now = clock.now()
      const awayAt = (watched.seenAt ?? Number.NEGATIVE_INFINITY) + AWAY_AFTER_MS
      const silent = now > awayAt
      if (silent !== away) {
        away = silent
        if (silent) keeper.sourceLost('config-map')
        else offer(watched.items.get(name))
      }
      if (configured && now - (watched.seenAt ?? startedAt) > 2 * AWAY_AFTER_MS) {
        keeper.withhold('config-map', `${path} has not been seen for a minute`)
      }
      return silent ? now + LOOK_MS : awayAt + 1
    },
  }
}

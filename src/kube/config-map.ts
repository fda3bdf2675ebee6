import type { Clock } from '../core/ports/clock.ts'
import type { Log } from '../core/ports/log.ts'
import type { Watched } from '../core/ports/watched.ts'
import { recordAt, textOf, textsOf } from '../lib/pure/json.ts'
import type { KubeHttp } from './client/http.ts'
import { configMapsIn } from './client/paths.ts'
import { createWatched, type WatchOptions } from './watch/list-watch.ts'

export interface ConfigMapFacts {
  readonly resourceVersion: string
  readonly data: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface ConfigMapOptions {
  readonly http: KubeHttp
  readonly namespace: string
  readonly name: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * One ConfigMap under the key of its name; no item = there is none. Needs `list` and `watch` on that one name:
 * the field selector is what lets RBAC's resourceNames apply to them.
 */
export function watchConfigMap(
  options: ConfigMapOptions,
  tuning: Pick<WatchOptions<ConfigMapFacts>, 'inactivityMs' | 'watchSeconds' | 'backoff' | 'random'> = {},
): Watched<ConfigMapFacts> {
  const { http, namespace, name, clock, log } = options
  return createWatched({
    ...tuning,
    http,
    path: configMapsIn(namespace),
    query: { fieldSelector: `metadata.name=${name}` },
    parse: parseConfigMap,
    clock,
    log,
  })
}

export function parseConfigMap(
  object: unknown,
): { key: string; resourceVersion: string; item: ConfigMapFacts } | undefined {
  const metadata = recordAt(object, 'metadata')
  const key = textOf(metadata.name)
  const resourceVersion = textOf(metadata.resourceVersion)
  if (!key || !resourceVersion) return undefined
  const data = textsOf(recordAt(object, 'data'))
  return { key, resourceVersion, item: { resourceVersion, data, annotations: textsOf(metadata.annotations) } }
}

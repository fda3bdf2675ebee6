import { ConfigError } from '../../src/config/load/config-error.ts'
import { loadConfig } from '../../src/config/load/load.ts'
import { optionSchemas } from '../../src/daemon/config-boot.ts'
import { hasStatus } from '../../src/kube/client/answers.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { NODES } from '../../src/kube/client/paths.ts'
import { listOf, recordAt } from '../../src/lib/pure/json.ts'

/** Pools of the nodes without a pool label. */
const ROLES = ['master', 'worker']

/**
 * Why a pause of this pool may pause nothing: a mistyped name would otherwise be found out by the first repair.
 * Undefined when a node is seen in it. `config`: the text of heald's configuration, where it stands in the ConfigMap.
 */
export async function warnIfPoolUnknown(
  http: KubeHttp,
  pool: string,
  config: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (ROLES.includes(pool)) return undefined
  const labels = poolLabels(config)
  try {
    for (const label of labels) {
      const query = { labelSelector: `${label}=${pool}`, limit: 1 }
      const found = await http.request({ method: 'GET', path: NODES, query }, signal)
      if (listOf(recordAt({ found }, 'found').items).length > 0) return undefined
    }
  } catch (thrown) {
    if (!hasStatus(thrown, [403])) throw thrown
    return `whether the pool ${pool} exists could not be seen: that needs the right to list nodes`
  }
  return `no node is in a pool ${pool} now: none carries this value in ${labels.join(', ')}; is the name right?`
}

function poolLabels(config: string | undefined): readonly string[] {
  const load = (text: string): readonly string[] =>
    loadConfig(text, { file: 'configuration', ...optionSchemas() }).config.poolLabels
  const defaults = load('cloudProvider: none')
  if (config === undefined) return defaults
  try {
    return load(config)
  } catch (thrown) {
    // The daemon goes on with the last good one, which nobody here knows.
    if (thrown instanceof ConfigError) return defaults
    throw thrown
  }
}

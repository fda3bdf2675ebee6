import { ConfigError } from '../../src/config/load/config-error.ts'
import { loadConfig } from '../../src/config/load/load.ts'
import { optionSchemas } from '../../src/daemon/config-boot.ts'
import { hasStatus } from '../../src/kube/client/answers.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { NODES } from '../../src/kube/client/paths.ts'
import { listOf, recordAt } from '../../src/lib/pure/json.ts'

/** Pools of the nodes without a pool label. */
const ROLES = ['master', 'worker']

/** `seen`: a node is in it. `why`: for people. */
export type PoolDoubt = { readonly is: 'seen' } | { readonly is: 'empty' | 'unseen'; readonly why: string }

/**
 * Whether a pause of this pool pauses anything: a mistyped name would otherwise be found out by the first repair.
 * `config`: the text of heald's configuration, where it stands in the ConfigMap.
 */
export async function lookForPool(
  http: KubeHttp,
  pool: string,
  config: string | undefined,
  signal: AbortSignal,
): Promise<PoolDoubt> {
  if (ROLES.includes(pool)) return { is: 'seen' }
  const labels = poolLabels(config)
  try {
    for (const label of labels) {
      const query = { labelSelector: `${label}=${pool}`, limit: 1 }
      const found = await http.request({ method: 'GET', path: NODES, query }, signal)
      if (listOf(recordAt({ found }, 'found').items).length > 0) return { is: 'seen' }
    }
  } catch (thrown) {
    if (!hasStatus(thrown, [403])) throw thrown
    return {
      is: 'unseen',
      why: `whether the pool ${pool} exists could not be seen: that needs the right to list nodes`,
    }
  }
  const why = `no node is in a pool ${pool} now: none carries this value in ${labels.join(', ')}; is the name right?`
  return { is: 'empty', why }
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

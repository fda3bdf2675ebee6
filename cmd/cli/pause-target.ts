import { z } from 'zod'
import { type PauseKeys, pauseKeys } from '../../src/core/annotations/pause.ts'
import type { Millis } from '../../src/core/model/primitives.ts'
import type { Pause } from '../../src/core/model/view.ts'
import { DEFAULT_CONFIG_MAP } from '../../src/daemon/config-boot.ts'
import { CONFIG_KEY } from '../../src/daemon/own-config-map.ts'
import { orGone } from '../../src/kube/client/answers.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { configMapPath, nodePath } from '../../src/kube/client/paths.ts'
import { formatDuration } from '../../src/lib/pure/duration.ts'
import { rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { referenceOf } from './cluster.ts'
import { EXIT, ExitError } from './exit.ts'

export const DEFAULT_SWITCHES = `${DEFAULT_CONFIG_MAP.namespace}/${DEFAULT_CONFIG_MAP.name}`

export interface TargetOptions {
  readonly pool?: string
  readonly configMap: string
}

/** What is paused or resumed, and where that is written. */
export interface Target extends PauseKeys {
  readonly kind: 'cluster' | 'pool' | 'node'
  readonly name: string
  /** For people: `the cluster`, `the pool gpu`, `the node worker-1`. */
  readonly what: string
  readonly path: string
  /** Why a missing object is a mistake, and what to do. */
  readonly missing: string
}

const Texts = z.record(z.string(), z.string()).default({})
const Annotated = z.object({ metadata: z.object({ annotations: Texts }), data: Texts })
/** An annotation's name has at most 63 characters, and `paused-until.` is 13 of them. */
const POOL = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,48}[A-Za-z0-9])?$/

export function targetOf(command: string, node: string | undefined, options: TargetOptions): Target {
  const { pool } = options
  if (node !== undefined && pool !== undefined) {
    throw new ExitError(EXIT.usage, `heald ${command}: a node or a pool, not both: leave out ${node} or --pool ${pool}`)
  }
  if (node !== undefined) {
    const missing = `there is no Node ${node}: \`kubectl get nodes\` lists those that exist`
    return { kind: 'node', name: node, what: `the node ${node}`, path: nodePath(node), ...pauseKeys(), missing }
  }
  const { namespace, name } = referenceOf('--config-map', options.configMap, DEFAULT_SWITCHES)
  const path = configMapPath(namespace, name)
  const missing = `there is no ConfigMap ${namespace}/${name}, and heald reads this switch there: name the one of \`heald run\` with --config-map, or create it: \`kubectl --namespace ${namespace} create configmap ${name}\``
  if (pool === undefined) {
    return { kind: 'cluster', name: '', what: 'the cluster', path, ...pauseKeys(), missing }
  }
  if (!POOL.test(pool)) {
    const right = 'letters, digits, "-", "_" and ".", at most 50 characters: pause its nodes one by one instead'
    throw new ExitError(
      EXIT.usage,
      `heald ${command}: --pool ${JSON.stringify(pool)}: a pool that can be paused has ${right}`,
    )
  }
  return { kind: 'pool', name: pool, what: `the pool ${pool}`, path, ...pauseKeys(pool), missing }
}

export interface Switchboard {
  readonly annotations: Readonly<Record<string, string>>
  /** heald's configuration, where this is the ConfigMap that holds it. */
  readonly config: string | undefined
}

/** What the target's object says now; undefined when there is no such object. Errors: KubeError. */
export async function readTarget(
  http: KubeHttp,
  { path }: Target,
  signal: AbortSignal,
): Promise<Switchboard | undefined> {
  const object = await orGone(http.request({ method: 'GET', path }, signal))
  if (object === undefined) return undefined
  const { metadata, data } = Annotated.parse(object)
  return { annotations: metadata.annotations, config: data[CONFIG_KEY] }
}

/** `paused for 2h, until 2026-03-01T12:00:00.000Z: upgrade`. */
export function describePause(pause: Pause | undefined, now: Millis): string {
  if (pause === undefined) return 'not paused'
  const { until, reason } = pause
  const end =
    until === undefined ? 'until a person resumes it' : `for ${formatDuration(until - now)}, until ${rfc3339(until)}`
  return `paused ${end}: ${reason}`
}

/** As JSON. */
export function pauseFacts(pause: Pause | undefined): object | null {
  if (pause === undefined) return null
  return { reason: pause.reason, until: pause.until === undefined ? null : rfc3339(pause.until) }
}

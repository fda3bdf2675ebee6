import { pauseKeys, poolsNamed, readPause } from '../core/annotations/pause.ts'
import type { NodeFacts } from '../core/model/node.ts'
import { refsOf } from '../core/model/object-ref.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Pause, Switches } from '../core/model/view.ts'
import type { Tell } from '../core/ports/log.ts'
import type { Watched } from '../core/ports/watched.ts'
import { createOnce } from '../lib/once.ts'

const OWN = pauseKeys()

type Annotations = Readonly<Record<string, string>>

export interface SwitchesOptions {
  readonly tell: Tell
  readonly dryRun: () => boolean
  readonly stopped: () => boolean
  readonly nodes: Watched<NodeFacts>
  /** heald's own ConfigMap; undefined: there is none to watch. */
  readonly configMap: Watched<{ readonly annotations: Annotations }> | undefined
  readonly calendar: () => Millis
  readonly cloud: () => Switches['cloud']
}

/** The end of a pause, to be written beside its untouched text. `node` undefined = on the ConfigMap. */
export interface PauseRecord {
  readonly node: string | undefined
  readonly annotation: string
  readonly value: string | null
}

export interface SwitchBoard {
  current(): Switches
  /** Annotations that should be written now. */
  records(): readonly PauseRecord[]
  /** A change of the ConfigMap, or of a Node that is or was paused. Returns how to stop listening. */
  onChange(listener: () => void): () => void
}

export function createSwitchBoard(options: SwitchesOptions): SwitchBoard {
  const { nodes, configMap, tell } = options
  // A ConfigMap that vanished keeps its last word: only removing the annotation resumes.
  let cluster: Annotations = {}
  const touched = new Set<string>()
  const isNew = createOnce()

  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  configMap?.onChange((_, after) => {
    if (after === undefined) return
    cluster = after.annotations
    changed()
  })
  const note = (name: string, node: NodeFacts | undefined): void => {
    const has = (node?.annotations[OWN.paused] ?? node?.annotations[OWN.until]) !== undefined
    const had = touched.has(name)
    if (has) touched.add(name)
    else touched.delete(name)
    if (has || had) changed()
  }
  nodes.onChange(note)

  const read = (scope: string, annotations: Annotations, keys = OWN, node?: string): Pause | undefined => {
    const state = readPause(annotations, options.calendar(), keys)
    if (isNew(state.malformed, scope) && state.malformed !== undefined) {
      tell({
        level: 'warn',
        reason: 'PauseMalformed',
        message: `${scope}: ${state.malformed}`,
        regarding: refsOf(node),
        event: 'Warning',
      })
    }
    return state.paused
  }

  return {
    current() {
      const pools = new Map<string, Pause>()
      for (const pool of poolsNamed(cluster)) {
        const paused = read(`pool ${pool}`, cluster, pauseKeys(pool))
        if (paused !== undefined) pools.set(pool, paused)
      }
      const paused = new Map<string, Pause>()
      for (const name of touched) {
        const own = read(`node ${name}`, nodes.items.get(name)?.annotations ?? {}, OWN, name)
        if (own !== undefined) paused.set(name, own)
      }
      return {
        dryRun: options.dryRun(),
        paused: read('cluster', cluster),
        pools,
        nodes: paused,
        cloud: options.cloud(),
        stopped: options.stopped(),
      }
    },
    records() {
      const wanted: PauseRecord[] = []
      const compare = (node: string | undefined, annotations: Annotations, keys = OWN): void => {
        const { record } = readPause(annotations, options.calendar(), keys)
        if (record === annotations[keys.until]) return
        wanted.push({ node, annotation: keys.until, value: record ?? null })
      }
      compare(undefined, cluster)
      for (const pool of poolsNamed(cluster)) compare(undefined, cluster, pauseKeys(pool))
      for (const name of touched) compare(name, nodes.items.get(name)?.annotations ?? {})
      return wanted
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

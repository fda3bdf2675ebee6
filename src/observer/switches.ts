import { PAUSED_ANNOTATION, PAUSED_UNTIL_ANNOTATION, readPause } from '../core/annotations/pause.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Pause, Switches } from '../core/model/view.ts'
import type { Tell } from '../core/ports/log.ts'
import type { Watched } from '../core/ports/watched.ts'

/** On the ConfigMap, `heald.dev/paused.POOL` pauses one pool. */
const POOL_PREFIX = `${PAUSED_ANNOTATION}.`
const POOL_UNTIL_PREFIX = `${PAUSED_UNTIL_ANNOTATION}.`

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
  /** A change of the ConfigMap; those of Nodes are seen with the Nodes. Returns how to stop listening. */
  onChange(listener: () => void): () => void
}

export function createSwitchBoard(options: SwitchesOptions): SwitchBoard {
  const { nodes, configMap, tell } = options
  // A ConfigMap that vanished keeps its last word: only removing the annotation resumes.
  let cluster: Annotations = {}
  const touched = new Set<string>()
  const complained = new Map<string, string>()

  const listeners = new Set<() => void>()
  configMap?.onChange((_, after) => {
    if (after === undefined) return
    cluster = after.annotations
    for (const listener of listeners) listener()
  })
  const note = (name: string, node: NodeFacts | undefined): void => {
    const has = node?.annotations[PAUSED_ANNOTATION] ?? node?.annotations[PAUSED_UNTIL_ANNOTATION]
    if (has === undefined) touched.delete(name)
    else touched.add(name)
  }
  nodes.onChange(note)

  const read = (
    scope: string,
    annotations: Annotations,
    node?: string,
  ): { readonly paused: Pause | undefined; readonly record: string | undefined } => {
    const state = readPause(annotations, options.calendar())
    if (state.malformed !== undefined && complained.get(scope) !== state.malformed) {
      complained.set(scope, state.malformed)
      tell({ level: 'warn', reason: 'PauseMalformed', message: `${scope}: ${state.malformed}`, node, event: 'Warning' })
    }
    return state
  }
  const poolAnnotations = (): readonly (readonly [string, Annotations])[] =>
    Object.entries(cluster)
      .filter(([key]) => key.startsWith(POOL_PREFIX))
      .map(([key, value]) => {
        const pool = key.slice(POOL_PREFIX.length)
        const until = cluster[POOL_UNTIL_PREFIX + pool]
        const annotations: Annotations = { [PAUSED_ANNOTATION]: value }
        return [pool, until === undefined ? annotations : { ...annotations, [PAUSED_UNTIL_ANNOTATION]: until }]
      })

  return {
    current() {
      const pools = new Map<string, Pause>()
      for (const [pool, annotations] of poolAnnotations()) {
        const { paused } = read(`pool ${pool}`, annotations)
        if (paused !== undefined) pools.set(pool, paused)
      }
      const paused = new Map<string, Pause>()
      for (const name of touched) {
        const state = read(`node ${name}`, nodes.items.get(name)?.annotations ?? {}, name)
        if (state.paused !== undefined) paused.set(name, state.paused)
      }
      return {
        dryRun: options.dryRun(),
        paused: read('cluster', cluster).paused,
        pools,
        nodes: paused,
        cloud: options.cloud(),
        stopped: options.stopped(),
      }
    },
    records() {
      const wanted: PauseRecord[] = []
      const compare = (
        node: string | undefined,
        annotations: Annotations,
        annotation = PAUSED_UNTIL_ANNOTATION,
      ): void => {
        const { record } = readPause(annotations, options.calendar())
        if (record !== annotations[PAUSED_UNTIL_ANNOTATION]) wanted.push({ node, annotation, value: record ?? null })
      }
      compare(undefined, cluster)
      for (const [pool, annotations] of poolAnnotations()) compare(undefined, annotations, POOL_UNTIL_PREFIX + pool)
      for (const name of touched) compare(name, nodes.items.get(name)?.annotations ?? {})
      return wanted
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

import type { NodeFacts } from '../../core/model/node.ts'
import { isRecord } from '../../lib/pure/json.ts'

/** Keys whose presence on a Node says that somebody else has it in hand; one that ends in `/` stands for all below it. */
export interface ConfiguredActors {
  readonly taints?: readonly string[]
  readonly labels?: readonly string[]
  readonly annotations?: readonly string[]
}

type InHands = Pick<NodeFacts, 'inHands'>
const NOBODY: InHands = {}

/** Looks for them while a Node is read, since most annotations are not kept. A label or annotation that says "false" is not there. */
export function createInHands({ taints = [], labels = [], annotations = [] }: ConfiguredActors) {
  const isTaint = matcher(taints)
  const isLabel = matcher(labels)
  const isAnnotation = matcher(annotations)
  const hasNone = taints.length + labels.length + annotations.length === 0
  return (
    ofAnnotations: Readonly<Record<string, unknown>>,
    ofLabels: Readonly<Record<string, unknown>>,
    ofTaints: readonly unknown[],
  ): InHands => {
    if (hasNone) return NOBODY
    const taint = ofTaints.map((one) => (isRecord(one) ? one.key : undefined)).find(isTaint)
    if (taint !== undefined) return { inHands: `taint ${String(taint)}` }
    const label = keyOf(ofLabels, isLabel)
    if (label !== undefined) return { inHands: `label ${label}` }
    const annotation = keyOf(ofAnnotations, isAnnotation)
    return annotation === undefined ? NOBODY : { inHands: `annotation ${annotation}` }
  }
}

function keyOf(texts: Readonly<Record<string, unknown>>, matches: (key: unknown) => boolean): string | undefined {
  return Object.keys(texts).find((key) => matches(key) && texts[key] !== 'false')
}

function matcher(keys: readonly string[]): (key: unknown) => boolean {
  const whole = new Set(keys)
  const prefixes = keys.filter((key) => key.endsWith('/'))
  return (key) => typeof key === 'string' && (whole.has(key) || prefixes.some((prefix) => key.startsWith(prefix)))
}

import type { NodeFacts } from '../../core/model/node.ts'

/** Says why a Node that carries one of these labels, each `KEY` or `KEY=VALUE`, is none of heald's. */
export function notOursByLabel(labels: readonly string[]): (node: Pick<NodeFacts, 'labels'>) => string | undefined {
  const rules = labels.map((label) => {
    const at = label.indexOf('=')
    return at < 0 ? ([label, undefined] as const) : ([label.slice(0, at), label.slice(at + 1)] as const)
  })
  return (node) => {
    for (const [key, value] of rules) {
      if (!Object.hasOwn(node.labels, key) || (value !== undefined && node.labels[key] !== value)) continue
      return `it carries the label ${key}=${node.labels[key]}`
    }
    return undefined
  }
}

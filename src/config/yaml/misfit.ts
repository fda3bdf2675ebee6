import type { Tree, YamlProblem } from './read-yaml.ts'

/** Why a text that is YAML can't be a configuration: above all, it is a manifest that holds one. */
export function notAConfiguration(tree: Tree): YamlProblem | undefined {
  if (tree.kind === 'list') {
    return { at: tree.at, message: 'expected a mapping of keys to values, got a list; remove the - before the keys' }
  }
  if (tree.kind === 'scalar') {
    return { at: tree.at, message: 'expected a mapping of keys to values, see config.example.yaml' }
  }
  const find = (of: Tree, name: string) => (of.kind === 'map' ? of.entries.find(({ key }) => key === name) : undefined)
  const kind = find(tree, 'kind')
  if (kind === undefined || find(tree, 'apiVersion') === undefined) return undefined
  const data = find(tree, 'data')
  const inner = data?.value.kind === 'map' ? data.value.entries.find(({ key }) => /\.ya?ml$/.test(key)) : undefined
  if (inner === undefined) return { at: kind.at, message: 'is a manifest of Kubernetes, not a configuration of heald' }
  const message =
    'is the manifest of a ConfigMap: the configuration is what stands below this key. Unwrap it: take these lines alone, and ' +
    'their indentation away'
  return { at: inner.at, message }
}

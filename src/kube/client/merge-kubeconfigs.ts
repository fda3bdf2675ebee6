import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { isRecord, listOf, recordAt, recordOf, textOf } from '../../lib/pure/json.ts'

export interface KubeconfigFile {
  readonly path: string
  readonly text: string
}

type Tree = Readonly<Record<string, unknown>>

/** What a list of a kubeconfig holds, and which of it are paths. */
const LISTS = {
  clusters: { inner: 'cluster', paths: ['certificate-authority'] },
  users: { inner: 'user', paths: ['client-certificate', 'client-key', 'tokenFile'] },
  contexts: { inner: 'context', paths: [] },
} as const

/**
 * The one kubeconfig that these files are together, by kubectl's rules: of the clusters, users and contexts of one name
 * the first file's counts, the first `current-context` counts, and what is relative is so to its own file. An empty file
 * says nothing. Throws YAMLParseError, or Error that names what is wrong without quoting it.
 */
export function mergeKubeconfigs(files: readonly KubeconfigFile[]): Tree {
  const documents = files.flatMap(({ path, text }) => {
    const document: unknown = parse(text)
    if (document === null || document === undefined) return []
    if (!isRecord(document)) throw new Error('it is no kubeconfig')
    return [{ folder: dirname(path), document }]
  })
  const merged: Record<string, unknown> = {
    'current-context': documents.map(({ document }) => textOf(document['current-context'])).find(Boolean),
  }
  for (const [list, { inner, paths }] of Object.entries(LISTS)) {
    const known = new Map<unknown, Tree>()
    for (const { folder, document } of documents) {
      const own = new Set<unknown>()
      for (const entry of listOf(document[list]).map(recordOf)) {
        if (own.has(entry.name)) throw new Error(`${list} has two entries named ${JSON.stringify(entry.name)}`)
        own.add(entry.name)
        const whole = { ...entry, [inner]: withAbsolutePaths(recordAt(entry, inner), paths, folder) }
        if (!known.has(entry.name)) known.set(entry.name, whole)
      }
    }
    merged[list] = [...known.values()]
  }
  return merged
}

/** A command with a slash in it is a path too; any other is looked up in PATH. */
function withAbsolutePaths(tree: Tree, paths: readonly string[], folder: string): Tree {
  const absolute = paths.flatMap((key) => {
    const path = textOf(tree[key])
    return path === undefined || path === '' ? [] : [[key, resolve(folder, path)]]
  })
  const exec = recordAt(tree, 'exec')
  const command = textOf(exec.command)
  const plugin = command?.includes('/') ? { exec: { ...exec, command: resolve(folder, command) } } : {}
  return { ...tree, ...Object.fromEntries(absolute), ...plugin }
}

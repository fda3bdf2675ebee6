import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { isRecord, listOf, recordAt, recordOf, textOf } from '../../lib/pure/json.ts'

type Tree = Readonly<Record<string, unknown>>

/** What a list of a kubeconfig holds, and which of it are paths. */
const LISTS = {
  clusters: { inner: 'cluster', paths: ['certificate-authority'] },
  users: { inner: 'user', paths: ['client-certificate', 'client-key', 'tokenFile'] },
  contexts: { inner: 'context', paths: [] },
} as const
type List = keyof typeof LISTS

/** One file, or what several are together. What was relative is so to the file that it stood in. */
export interface Kubeconfig extends Readonly<Record<List, readonly Tree[]>> {
  readonly 'current-context': string | undefined
}

/** An empty file says nothing. Throws YAMLParseError, or Error that names what is wrong without quoting it. */
export function readKubeconfig(path: string, text: string): Kubeconfig {
  const document: unknown = parse(text) ?? {}
  if (!isRecord(document)) throw new Error('it is no kubeconfig')
  return {
    'current-context': textOf(document['current-context']),
    ...entriesOf((list) => readEntries(document, list, dirname(path))),
  }
}

/** By kubectl's rules: of the clusters, users and contexts of one name the first file's counts, as does the first `current-context`. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  return {
    'current-context': files.map((file) => file['current-context']).find(Boolean),
    ...entriesOf((list) => {
      const known = new Map<unknown, Tree>()
      for (const entry of files.flatMap((file) => file[list])) if (!known.has(entry.name)) known.set(entry.name, entry)
      return [...known.values()]
    }),
  }
}

function entriesOf(of: (list: List) => readonly Tree[]): Readonly<Record<List, readonly Tree[]>> {
  return { clusters: of('clusters'), users: of('users'), contexts: of('contexts') }
}

function readEntries(document: Tree, list: List, folder: string): readonly Tree[] {
  const { inner, paths } = LISTS[list]
  const names = new Set<unknown>()
  return listOf(document[list])
    .map(recordOf)
    .map((entry) => {
      if (names.has(entry.name)) throw new Error(`${list} has two entries named ${JSON.stringify(entry.name)}`)
      names.add(entry.name)
      return { ...entry, [inner]: withAbsolutePaths(recordAt(entry, inner), paths, folder) }
    })
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

// The table of docs/architecture.md §3 (who may import whom), and the lint rules that are made from it.
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

/** One row of the table. A folder belongs to the row with the longest path that contains it. */
export interface Layer {
  /** From the root of the repository, e.g. `src/core/gates`. */
  readonly path: string
  /** Folders, each with all that is below it, or single files, all from the root of the repository. */
  readonly mayImport: readonly string[]
  /** npm packages by name. `node:` stands for all of Node's own modules. */
  readonly packages: readonly string[]
}

const HEAD = /^\| folder \| holds \| may import \| packages \|\n\|[-|]+\|\n((?:\|.*\n)+)/m

/** Reads the table out of the text of docs/architecture.md. */
export function parseLayers(architecture: string): readonly Layer[] {
  const rows = HEAD.exec(architecture)?.[1]
  if (rows === undefined) throw new Error('docs/architecture.md: no table "folder | holds | may import | packages"')
  return rows
    .trim()
    .split('\n')
    .map((row) => {
      const [folder = '', , mayImport = '', packages = ''] = row.split('|').slice(1, -1)
      return {
        path: fromRoot(namesIn(folder)[0] ?? ''),
        mayImport: namesIn(mayImport).map(fromRoot),
        packages: namesIn(packages),
      }
    })
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}

/** The table leaves out `src/`: its names are folders of src, or `src` itself, or begin with `cmd`. */
function fromRoot(name: string): string {
  return /^(src|cmd)(\/|$)/.test(name) ? name : `src/${name}`
}

/** Every folder of src and cmd that holds TypeScript, from the root of the repository. */
export function sourceFolders(root = '.'): readonly string[] {
  return ['src', 'cmd'].flatMap((top) => {
    const entries = readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    return [...new Set(files.map(({ parentPath }) => relative(root, parentPath)))].sort()
  })
}

/** The row that rules a folder, or undefined when the table does not know it. */
export function layerOf(folder: string, layers: readonly Layer[]): Layer | undefined {
  return layers
    .filter(({ path }) => isWithin(folder, path))
    .sort((a, b) => b.path.length - a.path.length)
    .at(0)
}

function isWithin(folder: string, path: string): boolean {
  return folder === path || folder.startsWith(`${path}/`)
}

/** The folders and single files that code in `folder` may import, itself included. */
export function allowedFor(folder: string, layers: readonly Layer[], folders: readonly string[]): readonly string[] {
  const layer = layerOf(folder, layers)
  if (layer === undefined) return []
  const within = folders.filter(
    (other) => layerOf(other, layers) === layer || layer.mayImport.some((path) => isWithin(other, path)),
  )
  return [...within, ...layer.mayImport.filter((path) => path.endsWith('.ts'))]
}

/**
 * Biome's rules for the table: first everything is forbidden everywhere, then each folder is allowed what its row says.
 * Biome compares the text of an import and resolves nothing, so that each folder needs its own relative paths.
 */
export function renderLintRules(layers: readonly Layer[], folders: readonly string[]): string {
  const unknown = 'docs/architecture.md §3 does not know this folder: add a row, then run `npm run generate`'
  const overrides = [
    override(['src/**', 'cmd/**'], [], unknown),
    ...folders.map((folder) => {
      const { path, packages } = layerOf(folder, layers) ?? { path: folder, packages: [] }
      const ours = allowedFor(folder, layers, folders).map((allowed) => specifier(folder, allowed))
      const theirs = packages.flatMap((name) => (name === 'node:' ? ['node:*', 'node:*/*'] : name))
      return override([`${folder}/*`], [...ours, ...theirs], `${path} may not import this: docs/architecture.md §3`)
    }),
  ]
  const lines = overrides.map((each) => JSON.stringify(each)).join(',\n')
  return `{"overrides": [\n${lines}\n]}\n`
}

function specifier(from: string, to: string): string {
  const path = relative(from, to)
  const dotted = path === '' ? '.' : path.startsWith('.') ? path : `./${path}`
  return to.endsWith('.ts') ? dotted : `${dotted}/*`
}

function override(includes: readonly string[], allowed: readonly string[], message: string): object {
  const patterns = [{ group: ['**', ...allowed.map((path) => `!${path}`)], message }]
  const noRestrictedImports = { level: 'error', options: { patterns } }
  return { includes, linter: { rules: { style: { noRestrictedImports } } } }
}

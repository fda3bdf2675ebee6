import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize, relative, resolve } from 'node:path'
import t from 'tap'
import { allowedFor, layerOf, parseLayers, sourceFolders } from '../scripts/layers.ts'

const LINES = 300
const FILES_IN_A_FOLDER = 15
const LINT_FILES = ['biome.json', 'biome.layers.json', '.gitignore']
const layers = parseLayers(readFileSync('docs/architecture.md', 'utf8'))
const folders = sourceFolders()

/** All files below a folder. */
function filesBelow(dir: string): string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

function sourcesBelow(...dirs: string[]): string[] {
  return dirs.flatMap(filesBelow).filter((path) => /\.(ts|mjs)$/.test(path))
}

/** The files that a source file imports by a relative path, those of types included. */
function importsOf(file: string): string[] {
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import\(|import)\s*'(\.[^']+)'/g)
  return [...imports].map(([, path = '']) => normalize(join(dirname(file), path)))
}

/** A way from a member of the graph back to itself, or undefined. */
function circleIn(graph: ReadonlyMap<string, Iterable<string>>): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (at: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at]
    if (done.has(at)) return undefined
    for (const next of graph.get(at) ?? []) {
      const circle = walk(next, [...way, at])
      if (circle !== undefined) return circle
    }
    done.add(at)
    return undefined
  }
  for (const start of graph.keys()) {
    const circle = walk(start, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

t.test('table and tree agree: each folder of src and cmd is in a row, and each name in the table exists', async (t) => {
  for (const folder of folders) t.ok(layerOf(folder, layers), `${folder} is in the table`)
  for (const { path, mayImport } of layers) {
    for (const name of [path, ...mayImport]) t.ok(statSync(name), `${name} exists`)
  }
  t.equal(new Set(layers.map(({ path }) => path)).size, layers.length, 'no row stands twice')
})

/** What Biome says about a file in each folder that imports all of `imported`: `folder -> import`, for the forbidden ones. */
function forbiddenByLint(imported: (folder: string) => readonly string[]): Set<string> {
  // A copy: the linter and other tests read the tree meanwhile.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'heald-architecture-')))
  try {
    for (const file of LINT_FILES) cpSync(file, join(root, file))
    for (const folder of folders) {
      mkdirSync(join(root, folder), { recursive: true })
      writeFileSync(
        join(root, folder, 'probe.ts'),
        imported(folder)
          .map((path) => `export * from '${path}'\n`)
          .join(''),
      )
    }
    const args = ['lint', '--max-diagnostics=none', '--only=style/noRestrictedImports', '--reporter=github']
    const run = spawnSync(resolve('node_modules/.bin/biome'), args, { cwd: root, encoding: 'utf8' })
    const said = run.stdout.matchAll(/noRestrictedImports,file=(\S+),line=(\d+)/g)
    return new Set(
      [...said].map(([, file = '', line]) => {
        const folder = relative(root, dirname(file))
        return `${folder} -> ${imported(folder)[Number(line) - 1]}`
      }),
    )
  } finally {
    rmSync(root, { recursive: true })
  }
}

function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file)
  return path.startsWith('.') ? path : `./${path}`
}

t.test('the linter forbids exactly what the table does not allow', async (t) => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  const packages = [...Object.keys(dependencies), 'node:fs', 'node:fs/promises']
  const imported = (folder: string) => [...folders.map((other) => pathFrom(folder, `${other}/any.ts`)), ...packages]
  const forbidden = forbiddenByLint(imported)
  for (const folder of folders) {
    const layer = layerOf(folder, layers)
    const allowed = new Set([
      ...allowedFor(folder, layers, folders).map((other) => pathFrom(folder, `${other}/any.ts`)),
      ...packages.filter((name) => layer?.packages.includes(name.replace(/^node:.*/, 'node:'))),
    ])
    const wanted = imported(folder).filter((path) => !allowed.has(path))
    const seen = imported(folder).filter((path) => forbidden.has(`${folder} -> ${path}`))
    t.same(seen, wanted, `what ${folder} must not import`)
  }
})

t.test('the table forbids what the design lives by', async (t) => {
  const rules: readonly (readonly [folder: string, path: string])[] = [
    ['src/lib/pure', '../errors.ts'],
    ['src/lib', '../core/model/node.ts'],
    ['src/core', 'node:fs'],
    ['src/core/model', '../ports/clock.ts'],
    ['src/core/gates', '../decide.ts'],
    ['src/core/gates/limits', '../../explain/explain.ts'],
    ['src/core/repair', '../../lib/clock.ts'],
    ['src/config', '../kube/client/http.ts'],
    ['src/healthcheck', '../cloudprovider/registry.ts'],
    ['src/cloudprovider/docker', '../openstack/index.ts'],
    ['src/kube/client', '../watch/list-watch.ts'],
    ['src/kube', '../cloudprovider/registry.ts'],
    ['src/leader', '../kube/client/transport.ts'],
    ['src/observer', '../kube/client/http.ts'],
    ['src/controller', '../leader/elector.ts'],
    ['src/telemetry', '../observer/observer.ts'],
    ['src/api', '../http/server.ts'],
    ['src/simulator/api', '../../kube/client/http.ts'],
    ['src/daemon', '../../cmd/cli/exit.ts'],
    ['cmd/cli', '../commands/run.ts'],
    ['src/controller', 'got'],
  ]
  const forbidden = forbiddenByLint((folder) => rules.filter(([from]) => from === folder).map(([, path]) => path))
  for (const [folder, path] of rules) t.ok(forbidden.has(`${folder} -> ${path}`), `${folder} may not import ${path}`)
})

t.test('there is no circle of imports, of files or of folders', async (t) => {
  const files = new Map(sourcesBelow('cmd', 'src').map((file) => [file, importsOf(file)]))
  t.equal(circleIn(files)?.join(' -> '), undefined, 'files')
  const between = new Map<string, Set<string>>()
  for (const [file, imports] of files) {
    const from = dirname(file)
    const others = imports.map((path) => dirname(path)).filter((folder) => folder !== from)
    between.set(from, new Set([...(between.get(from) ?? []), ...others]))
  }
  t.equal(circleIn(between)?.join(' -> '), undefined, 'folders')
  t.ok(files.size > 200)
})

t.test('nothing in src imports cmd, and only cmd touches the process', async (t) => {
  for (const file of sourcesBelow('src')) {
    t.same(
      importsOf(file).filter((path) => !path.startsWith('src/')),
      [],
      `${file} stays in src`,
    )
    const text = readFileSync(file, 'utf8')
    t.notMatch(text, /process\.(env|argv|exit|on)\b/, `${file} leaves env, argv, exit and signals to cmd`)
  }
})

t.test('core has no clock and no dice', async (t) => {
  // Biome forbids the other globals there. Of these two, core uses the harmless half: what is allowed is named.
  const allowed = /\bMath\.(abs|ceil|floor|imul|max|min|round|trunc)\(|\bnew Date\([^)]|\bDate\.(parse|UTC)\(/g
  for (const file of sourcesBelow('src/core', 'src/lib/pure')) {
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
    t.notMatch(code.replace(allowed, ''), /\b(Math|Date)\b|import\.meta|globalThis/, file)
  }
})

t.test('every file that the design and the folder readmes name by its path exists', async (t) => {
  const readmes = ['src', 'test/support'].flatMap(filesBelow).filter((path) => path.endsWith('readme.md'))
  for (const doc of ['docs/architecture.md', 'CONTRIBUTING.md', ...readmes]) {
    for (const [, path = ''] of readFileSync(doc, 'utf8').matchAll(/`((?:[\w-]+\/)+[\w-]+(?:\.[\w-]+)*\.ts)`/g)) {
      t.ok(
        ['.', 'src', dirname(doc)].some((from) => statSync(join(from, path), { throwIfNoEntry: false })),
        `${doc}: ${path}`,
      )
    }
  }
})

t.test(`no folder has more than ${FILES_IN_A_FOLDER} files beside its folders`, async (t) => {
  const counts = new Map<string, number>()
  for (const file of ['cmd', 'src', 'test/support'].flatMap(filesBelow)) {
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
  }
  for (const [folder, count] of counts) t.ok(count <= FILES_IN_A_FOLDER, `${folder} has ${count} files`)
})

t.test(`no file is longer than ${LINES} lines`, async (t) => {
  const sources = sourcesBelow('cmd', 'src', 'test', 'bench', 'scripts')
  for (const file of sources) {
    const count = readFileSync(file, 'utf8').split('\n').length - 1
    t.ok(count <= LINES, `${file} has ${count} lines`)
  }
  t.ok(sources.length > 200)
})

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const LINES = 300
const architecture = readFileSync('docs/architecture.md', 'utf8')

/** `dir` itself and every folder and file below it. */
function below(dir: string): string[] {
  return readdirSync(dir).flatMap((entry) => {
    const path = join(dir, entry)
    return statSync(path).isDirectory() ? [path, ...below(path)] : [path]
  })
}

/** The table "layer | may import | must not" of §3. */
function layers(): Map<string, string> {
  const rows = /\| layer \| may import \| must not \|\n\|[-|]+\|\n((?:\|.*\n)+)/.exec(architecture)?.[1] ?? ''
  return new Map(
    rows
      .trim()
      .split('\n')
      .flatMap((row) => {
        const [names = '', may = ''] = row
          .split('|')
          .slice(1)
          .map((cell) => cell.trim())
        return names.split(',').map((name) => [name.trim(), may] as const)
      }),
  )
}

t.test('the folders are those of the architecture', async (t) => {
  const listed = [...architecture.matchAll(/^(cmd|src\/[a-z/]+?)\/?(?:heald\.ts|commands\/)?\s{2,}\S/gm)].map(
    ([, path = '']) => path,
  )
  const top = readdirSync('src').map((name) => `src/${name}`)
  t.same(
    top.filter((path) => !listed.includes(path)),
    [],
    'every folder of src is in the architecture',
  )
  const named = new Set(listed.map((path) => path.replace(/\/$/, '')))
  for (const path of named) t.ok(statSync(path).isDirectory(), `${path} exists`)
})

t.test('every layer of the table has its lint rule, and a forbidden import fails', async (t) => {
  const foreign: Record<string, string> = {
    'lib/pure': '../errors.ts',
    lib: '../core/types.ts',
    core: 'node:fs',
    config: '../kube/http.ts',
    healthcheck: '../cloudprovider/registry.ts',
    cloudprovider: '../healthcheck/registry.ts',
    kube: '../cloudprovider/registry.ts',
    leader: '../kube/transport.ts',
    observer: '../kube/http.ts',
    controller: '../leader/elector.ts',
    telemetry: '../observer/observer.ts',
    simulator: '../kube/http.ts',
  }
  const table = [...layers().keys()].filter((layer) => layer !== 'cmd')
  t.same(table.sort(), Object.keys(foreign).sort(), 'the table and this test know the same layers')
  const files = table.map((layer) => ({ layer, file: join('src', layer, 'forbidden-import.ts') }))
  for (const { layer, file } of files) writeFileSync(file, `export * from '${foreign[layer]}'\n`)
  try {
    const args = ['lint', '--max-diagnostics=100', ...files.map(({ file }) => file)]
    const run = spawnSync('node_modules/.bin/biome', args, { encoding: 'utf8' })
    for (const { layer, file } of files) {
      const said = new RegExp(`${file}:1:\\d+ lint/\\S+/(noRestrictedImports|noNodejsModules)`)
      t.match(run.stderr + run.stdout, said, `${layer} may not import ${foreign[layer]}`)
    }
  } finally {
    for (const { file } of files) rmSync(file)
  }
})

t.test('nothing imports cmd, and only cmd touches the process', async (t) => {
  for (const file of below('src').filter((path) => path.endsWith('.ts'))) {
    const text = readFileSync(file, 'utf8')
    t.notMatch(text, /from '[./]+\/cmd\//, `${file} imports nothing of cmd`)
    t.notMatch(text, /process\.(env|argv|exit|on)\b/, `${file} leaves env, argv, exit and signals to cmd`)
  }
})

t.test('core has no clock and no dice', async (t) => {
  for (const file of [...below('src/core'), ...below('src/lib/pure')].filter((path) => path.endsWith('.ts'))) {
    t.notMatch(readFileSync(file, 'utf8'), /Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout/, file)
  }
})

t.test('no file is longer than 300 lines without a reason in docs/decisions', async (t) => {
  const decisions = below('docs/decisions')
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  const sources = ['cmd', 'src', 'test', 'bench', 'scripts'].flatMap(below).filter((path) => /\.(ts|mjs)$/.test(path))
  for (const file of sources) {
    const count = readFileSync(file, 'utf8').split('\n').length - 1
    if (count > LINES) t.ok(decisions.includes(file), `${file} has ${count} lines`)
  }
  t.ok(sources.length > 50)
})

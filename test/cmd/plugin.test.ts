import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t, { type Test } from 'tap'
import { run } from '../support/cli/bundle.ts'

t.setTimeout(300_000)

const TSC = resolve('node_modules/.bin/tsc')
const OPTIONS = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    allowJs: true,
    types: ['node'],
  },
}

/** Without what tap has every child of a test load: the compiler does not stand it. */
function runPlain(program: string, args: readonly string[], cwd = '.'): ReturnType<typeof run> {
  return run('/usr/bin/env', ['-u', 'NODE_OPTIONS', program, ...args], { cwd })
}

/** A project that has installed what `npm pack` makes of heald, as far as its types go. */
async function consumer(t: Test): Promise<string> {
  const root = t.testdir({ heald: {}, project: { node_modules: { heald: {}, '@types': {} } } })
  const [heald, project] = [join(root, 'heald'), join(root, 'project')]
  copyFileSync('package.json', join(heald, 'package.json'))
  const emit = await runPlain(TSC, ['-p', 'tsconfig.plugin.json', '--outDir', join(heald, 'dist/types')])
  if (emit.code !== 0) throw new Error(emit.out + emit.err)
  const pack = await runPlain('npm', ['pack', '--ignore-scripts', '--silent'], heald)
  if (pack.code !== 0) throw new Error(pack.err)
  const into = join(project, 'node_modules/heald')
  const tar = await run('tar', ['-xzf', join(heald, pack.out.trim()), '-C', into, '--strip-components=1'])
  if (tar.code !== 0) throw new Error(tar.err)
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name))
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(OPTIONS))
  return project
}

t.test('who writes a module has its types from the package: the page’s and the example compile', async (t) => {
  t.match(JSON.parse(readFileSync('package.json', 'utf8')).scripts.prepack, /tsc -p tsconfig\.plugin\.json/)
  const project = await consumer(t)
  const [, page = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync('docs/providers.md', 'utf8')) ?? []
  t.match(page, /heald\/plugin/)
  writeFileSync(join(project, 'page.ts'), page)
  copyFileSync('examples/providers/redfish.mjs', join(project, 'redfish.mjs'))
  t.match(await runPlain(TSC, ['-p', project]), { code: 0, out: '' })

  writeFileSync(join(project, 'wrong.ts'), page.replace("power: 'unknown'", "power: 'perhaps'"))
  t.match(await runPlain(TSC, ['-p', project]), { code: /[12]/, out: /wrong\.ts.*perhaps/ }, 'they are no any')
})

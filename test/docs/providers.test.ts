import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load/load.ts'
import { optionSchemas } from '../../src/daemon/config-boot.ts'
import { bundle, run } from '../support/cli/bundle.ts'
import { virshFixture } from '../support/own/virsh-park.ts'

t.setTimeout(300_000)
const PAGE = readFileSync('docs/providers.md', 'utf8')

/** The blocks of a language, without the indentation of the list that they stand in. */
function blocks(language: string): readonly string[] {
  const found = PAGE.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\``, 'gm'))
  return [...found].map(([, indent = '', text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
}

t.test('every command of docs/providers.md does what the page says', async (t) => {
  const folder = t.testdir({})
  const cloud = virshFixture(folder)
  await cloud.create('worker-1')
  writeFileSync(join(folder, 'park/worker-1/title'), 'my-cluster\n')
  symlinkSync(resolve('examples'), join(folder, 'examples'))
  const heald = join(folder, 'bin/heald')
  writeFileSync(heald, `#!/bin/sh\nexec ${process.execPath} ${await bundle(t)} "$@"\n`)
  chmodSync(heald, 0o755)
  const env = { PARK: join(folder, 'park'), PATH: `${folder}/bin:${dirname(process.execPath)}:/usr/bin:/bin` }
  const said: string[] = []
  for (const block of blocks('sh')) {
    const { code, out, err } = await run('/bin/sh', ['-euc', block], { cwd: folder, env })
    t.equal(code, 0, `${block}${err}`)
    said.push(out)
  }
  const [located = '', state = '', look = '', check = ''] = said
  t.same(JSON.parse(located), JSON.parse(blocks('json')[0] ?? ''))
  t.match(JSON.parse(state), { answer: { power: 'running', bootMark: '1' } })
  t.same(JSON.parse(look).answer, { next: { act: { at: 'destroy' }, first: 'named' } })
  t.ok(PAGE.includes(JSON.stringify(JSON.parse(look).answer)))
  t.match(check, /exec/)
  t.same(await cloud.mutations(), [], 'and nothing is done to a machine')
})

t.test('the module’s configuration is one, and a cloud of one’s own without its file is none', async (t) => {
  const options = { file: 'f', ...optionSchemas() }
  const [module = ''] = blocks('yaml')
  t.match(loadConfig(module, options).config, {
    cloudProvider: 'module',
    providerOptions: { module: { also: ['members'] } },
  })
  for (const [text, message] of [
    ['cloudProvider: exec\n', /exec\.command/],
    ['cloudProvider: module\n', /module\.file/],
    ['module: {file: my-cloud.mjs}\n', /module\.file.*not an absolute path/],
    ['exec: {command: [/p], timeout: 1m}\n', /exec\.timeout/],
    ['exec: {command: [/p], also: [reboot]}\n', /exec\.also/],
  ] as const) {
    t.throws(() => loadConfig(`clusterName: c\n${text}`, options), { message }, text)
  }
})

import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config/load/load.ts'
import { optionSchemas } from '../../src/daemon/config-boot.ts'
import { run } from '../support/cli/bundle.ts'

/** The block of commands that begins so, without the indentation of the list that it stands in. */
function blockOf(page: string, words: string): string {
  for (const [, indent = '', text = ''] of readFileSync(page, 'utf8').matchAll(/^( *)```sh\n([\s\S]*?)^\1```/gm)) {
    const block = text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    if (block.startsWith(words)) return block
  }
  throw new Error(`${page}: no block begins with ${words}`)
}

/**
 * Runs a block with programs that write down how they were called, and answer as told: what stands in the words of the shell
 * is tried here, what the programs do with it by the tests of a real cluster.
 */
async function runBlock(
  t: Test,
  block: string,
  answers: Readonly<Record<string, string>> = {},
): Promise<{ readonly folder: string; readonly calls: readonly string[] }> {
  const folder = t.testdir({ bin: {} })
  cpSync('manifests', join(folder, 'manifests'), { recursive: true })
  for (const [name, text] of Object.entries({ docker: '', kubectl: '', heald: '', sleep: '', ...answers })) {
    const file = join(folder, 'bin', name)
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "$CALLS"\n${text}\n`)
    chmodSync(file, 0o755)
  }
  const env = { CALLS: join(folder, 'calls'), PATH: `${folder}/bin:/usr/bin:/bin` }
  const { code, err } = await run('/bin/sh', ['-euc', block], { cwd: folder, env })
  t.equal(code, 0, err)
  return { folder, calls: readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') }
}

t.test(
  'install: the DaemonSet runs the image that was built, and is applied; nothing but kubectl is needed',
  async (t) => {
    const { folder, calls } = await runBlock(t, blockOf('README.md', 'docker build'))
    t.equal(calls[0], 'docker build -t REGISTRY/heald:0.1.0 .')
    t.equal(calls[2], 'kubectl apply -k manifests/base')
    const { spec } = parse(readFileSync(join(folder, 'manifests/base/daemonset.yaml'), 'utf8'))
    t.equal(spec.template.spec.containers[0].image, 'REGISTRY/heald:0.1.0')
  },
)

t.test('uninstall: nothing of heald is deleted while a Node has its mark, or while nobody can say', async (t) => {
  const kubectl = `[ "$1" != get ] || {
    echo >> "$CALLS.gets"
    case $(wc -l < "$CALLS.gets") in 1) exit 1 ;; 2) echo 'heald.dev/marks: {}' ;; *) echo 'kind: Node' ;; esac
  }`
  const { calls } = await runBlock(t, blockOf('README.md', 'heald pause --reason removal'), { kubectl })
  const get = 'kubectl get nodes -o yaml'
  t.same(calls, [
    'heald pause --reason removal',
    'kubectl delete nr --all',
    ...[get, 'sleep 2', get, 'sleep 2', get],
    'kubectl delete -k manifests/base',
  ])
})

t.test('migration: the lines are added to a file with and without an end of its last line', async (t) => {
  const page = 'docs/migrate-from-magnum-auto-healer.md'
  for (const end of ['', '\n']) {
    const sample = `cluster-name: c\ndry-run: false\ncloud-provider: docker\nmonitor-interval: 15s${end}`
    const block = `printf '%s' '${sample}' >config.yaml\n${blockOf(page, 'sed -i -e')}`
    const { folder } = await runBlock(t, block)
    const text = readFileSync(join(folder, 'config.yaml'), 'utf8')
    t.match(text, /^monitor-interval: 15s\ndry-run: true/m)
    t.match(loadConfig(text, { file: 'f', ...optionSchemas() }).config, { dryRun: true, compat: true })
  }
  const answers = { kubectl: "printf 'cluster-name: c'" }
  const { folder } = await runBlock(t, blockOf(page, 'kubectl -n kube-system get configmap'), answers)
  t.equal(readFileSync(join(folder, 'config.yaml'), 'utf8'), 'cluster-name: c')
})

t.test('what the example’s first line and the package name is in the package', async (t) => {
  const { files } = JSON.parse(readFileSync('package.json', 'utf8'))
  const [, schema = ''] = /\$schema=\.\/(\S+)/.exec(readFileSync('config.example.yaml', 'utf8')) ?? []
  t.ok(files.includes(schema), schema)
})

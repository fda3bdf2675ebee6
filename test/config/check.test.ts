import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { registerCheck } from '../../cmd/commands/check.ts'
import { options } from './options.ts'

async function check(...args: readonly string[]): Promise<{ output: string; code: number | undefined }> {
  return checkInput('', ...args)
}

async function checkInput(
  input: string,
  ...args: readonly string[]
): Promise<{ output: string; code: number | undefined }> {
  let output = ''
  let code: number | undefined
  const program = new Command().exitOverride()
  registerCheck(program, {
    ...options,
    write: (text) => {
      output += text
    },
    exit: (value) => {
      code = value
    },
    readInput: async () => input,
    tryOut: async () => [],
  })
  await program.parseAsync(['check', ...args], { from: 'user' })
  return { output, code }
}

t.test('a usable file: one line and exit code 0', async (t) => {
  const file = join(t.testdir(), 'c.yaml')
  writeFileSync(file, 'cloudProvider: docker\n')
  t.same(await check(file), {
    output: `${file}: usable: 1 check of masters, 1 of workers, repairs by docker\n`,
    code: 0,
  })
})

t.test('every problem on a line of its own and exit code 2, as a table and as JSON', async (t) => {
  const file = join(t.testdir(), 'c.yaml')
  writeFileSync(file, 'dryRn: true\nmonitorInterval: 5\n')
  const { output, code } = await check(file)
  t.equal(code, 2)
  t.same(output.split('\n').slice(0, 3), [
    `${file}:1:1: dryRn: unknown key; did you mean dryRun?`,
    `${file}:2:1: monitorInterval: got 5, expected a duration such as 30s, 5m or 1h30m`,
    `${file}: not usable: 2 problems`,
  ])
  const json = await check(file, '--output', 'json')
  t.equal(json.code, 2)
  t.match(JSON.parse(json.output), { usable: false, problems: [{ line: 1, col: 1, key: 'dryRn' }, { line: 2 }] })
})

t.test('a file that is not there is named, with exit code 2', async (t) => {
  const { output, code } = await check('/nowhere/c.yaml')
  t.equal(code, 2)
  t.match(output, /^\/nowhere\/c.yaml:1:1: can not be read: ENOENT/)
})

t.test('of a magnum-auto-healer file it says what it means, line by line', async (t) => {
  const file = join(t.testdir(), 'old.yaml')
  writeFileSync(file, 'cluster-name: c\nrebuild-delay-after-reboot: 9m\nopenstack:\n  password: Zebra77hunter\n')
  const { output, code } = await check(file)
  t.equal(code, 0)
  t.match(output, /old\.yaml:4:3: openstack\.password: .* \(warning\)/)
  t.match(output, /What it says:\n {5}1 {2}cluster-name +"c": the Magnum cluster/)
  t.match(output, / {5}2 {2}rebuild-delay-after-reboot +"9m": no replacement earlier/)
  t.match(output, /What it leaves open:\n {2}approval +nobody is asked/)
  t.match(output, /usable, with the defaults of magnum-auto-healer/)
  t.notMatch(output, /Zebra/)
  const { compat } = JSON.parse((await check(file, '-o', 'json')).output) as { compat: readonly unknown[] }
  t.match(compat[0], { line: 1, key: 'cluster-name' })
})

t.test(
  'it says of every condition which value is healthy, and which values its writer would not call so',
  async (t) => {
    const file = join(t.testdir(), 'c.yaml')
    const checks = `
    - {type: NodeCondition, params: {types: [Ready, KernelDeadlock]}}
    - {type: NodeCondition, name: Disk, params: {types: [DiskBad], errorValues: ["True", Unknown]}}`
    writeFileSync(file, `cloudProvider: docker\nhealthcheck:\n  worker:${checks}\n`)
    const { output, code } = await check(file)
    t.equal(code, 0)
    t.match(output, / worker +NodeCondition +Ready +when True\n/)
    t.match(output, / worker +NodeCondition +KernelDeadlock +when False\n/)
    t.match(output, / worker +Disk +DiskBad +unless True or Unknown\n/)
    const { conditions } = JSON.parse((await check(file, '-o', 'json')).output) as { conditions: readonly unknown[] }
    t.match(conditions[0], { role: 'master', check: 'NodeCondition', type: 'Ready', healthy: 'when True' })
    t.equal(conditions.length, 4)

    writeFileSync(file, `cluster-name: c\ncloud-provider: docker\nhealthcheck:\n  worker:${checks}\n`)
    t.match((await check(file)).output, /KernelDeadlock +when True, though it is known to be healthy when False\n/)
  },
)

t.test('a condition whose name does not say which value is healthy is a mistake, with line and remedy', async (t) => {
  const file = join(t.testdir(), 'c.yaml')
  const checks = '- {type: NodeCondition, params: {types: [Ready, DiskGood]}}'
  writeFileSync(file, `cloudProvider: docker\nhealthcheck:\n  worker:\n    ${checks}\n`)
  const { output, code } = await check(file)
  t.equal(code, 2)
  t.match(output, /c\.yaml:4:\d+: healthcheck\.worker\[0\]\.params\.types\[1\]: .*DiskGood.* okValues/)
})

t.test('with --strict a warning is a mistake: exit code 2, and the file counts as not usable', async (t) => {
  const file = join(t.testdir(), 'c.yaml')
  writeFileSync(file, 'clusterName: c\n')
  t.equal((await check(file)).code, 0)
  const { output, code } = await check('--strict', file)
  t.equal(code, 2)
  t.match(output, /c\.yaml:1:1: cloudProvider: no cloud is configured, .*dryRun: true \(warning\)\n/)
  t.match(output, /c\.yaml: not usable with --strict: 1 warning\n$/)
  t.match(JSON.parse((await check('--strict', '-o', 'json', file)).output), { usable: false, warnings: [{ line: 1 }] })
  writeFileSync(file, 'cloudProvider: docker\n')
  t.equal((await check('--strict', file)).code, 0)
})

t.test('- reads standard input, and several files are judged one by one: the worst exit code counts', async (t) => {
  const dir = t.testdir({ 'good.yaml': 'cloudProvider: docker\n', 'bad.yaml': 'dryRn: true\n' })
  const [good, bad] = [join(dir, 'good.yaml'), join(dir, 'bad.yaml')]
  t.match(await checkInput('dryRn: true\n', '-'), { code: 2, output: /^standard input:1:1: dryRn: unknown key/ })
  const both = await checkInput('cloudProvider: docker\n', good, bad, '-')
  t.equal(both.code, 2)
  t.match(both.output, /good\.yaml: usable[\s\S]*bad\.yaml: not usable[\s\S]*standard input: usable/)
  t.same((await check(good, good)).code, 0)
  t.match(JSON.parse((await check('-o', 'json', good, bad)).output), [{ usable: true }, { usable: false }])
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runCli } from '../../support/cli/terminal.ts'

const RULES = 'test/openfero/golden/operarius.yaml'
const ask = (...args: readonly string[]) => runCli(['why', 'alert', ...args])

function fileOf(t: Test, text: string): string {
  const file = join(t.testdir({}), 'file')
  writeFileSync(file, text)
  return file
}

t.test('why alert says which rule starts which Job, or in what the nearest differs', async (t) => {
  const yes = await ask('KubePodCrashLooping', '--labels', 'pod=web-1,namespace=default', '--rules', RULES)
  t.match(yes, {
    code: 0,
    out: /^KubePodCrashLooping\{pod="web-1", namespace="default"\} firing: Operarius pod-crashloop-restart starts Job /,
  })
  const no = await ask('KubePodCrashLooping', '--status', 'resolved', '--rules', RULES)
  t.match(no, {
    code: 0,
    out: /resolved: no rule matches\n {2}not pod-crashloop-restart {2}it is for alerts that are firing\n$/,
  })
  const missing = await ask('KubePodCrashLooping', '--rules', RULES)
  t.match(missing.out, /matches, and can make no Job: containers\[0\]\.env\[0\]\.value: there is no entry "namespace"/)
})

t.test('why alert takes a whole message, and prints the Job', async (t) => {
  const { request } = JSON.parse(readFileSync('test/openfero/golden/message.json', 'utf8'))
  const { code, out } = await ask('--file', fileOf(t, JSON.stringify(request)), '--rules', RULES, '-o', 'json')
  t.equal(code, 0)
  t.match(JSON.parse(out), {
    alerts: [{ rule: 'pod-crashloop-restart', job: { kind: 'Job', metadata: { namespace: 'openfero' } }, others: [] }],
  })
})

t.test('why alert says what is wrong with what it is given', async (t) => {
  const refused = async (args: readonly string[], message: RegExp) => {
    const { code, out, err } = await ask(...args)
    t.match({ code, out, err }, { code: 2, out: '', err: message }, args.join(' '))
  }
  await refused(['A'], /required option '--rules/)
  await refused(['--rules', RULES], /name either an alert or --file/)
  await refused(['A', '--rules', '/nonexistent/rules'], /can not be read/)
  await refused(['A', '--rules', fileOf(t, 'a: [')], /file: /)
  await refused(['A', '--rules', fileOf(t, 'kind: Secret')], /has no rule: no Operarius/)
  await refused(['A', '--labels', 'pod', '--rules', RULES], /--labels pod: write NAME=VALUE/)
  await refused(['--file', fileOf(t, 'x'), '--rules', RULES], /is no JSON/)
  await refused(
    ['--file', fileOf(t, '{"status":"firing","alerts":[{"labels":{"a":1}}]}'), '--rules', RULES],
    /alerts\.0\.labels: /,
  )
})

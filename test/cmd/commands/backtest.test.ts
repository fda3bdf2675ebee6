import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCli } from '../../support/cli/terminal.ts'
import { outageOf } from '../../support/outage/play.ts'
import { recordDirectory, recordOutage } from '../../support/record/record-outage.ts'

const record = recordDirectory(t)
const other = recordDirectory(t)

function configFile(name: string, text: string): string {
  const path = join(other, name)
  writeFileSync(path, text)
  return path
}

const DEFAULTS = configFile('defaults.yaml', 'clusterName: test\n')
const SLOW = configFile(
  'slow.yaml',
  'healthcheck: {worker: [{type: NodeCondition, params: {unhealthyDuration: 20m}}]}\n',
)

t.before(() => recordOutage(outageOf(['what: kubelet, at: 10m, nodes: [w3, w20]']), record))

t.test('the same policy: no difference', async (t) => {
  const { code, out, err } = await runCli(['backtest', record, '--config', DEFAULTS])
  t.same({ code, err }, { code: 0, err: '' })
  t.match(out, /^1 file, 2026-01-01T00:00:.* to 2026-01-01T00:\d\d.*\)\nno difference\n$/)
})

t.test('differences are one line each, with both sides, and what can not be known is marked', async (t) => {
  const { code, out } = await runCli(['backtest', record, '--config', SLOW])
  t.equal(code, 0)
  t.match(out, /\n {2}TIME +NODE +RECORDED +THIS POLICY +FOR\n/)
  t.match(out, /\n {2}2026-01-01T00:1\S+Z +w20 +act reboot-soft +nothing +\d+s\n/)
  t.match(out, /\n~ One of the two has acted before/)
})

t.test('as JSON it is the same', async (t) => {
  const { out } = await runCli(['backtest', record, '--config', SLOW, '-o', 'json'])
  const { files, problems, differences } = JSON.parse(out)
  t.same({ files, problems }, { files: 1, problems: [] })
  t.match(differences[0], { node: 'w20', recorded: { do: 'act' }, other: { do: 'nothing' }, afterAct: false })
})

t.test('what can not be read is named, with exit code 2', async (t) => {
  const none = join(other, 'none')
  t.match(await runCli(['backtest', none, '--config', DEFAULTS]), { code: 2, err: /none: can not be read/ })
  t.match(await runCli(['backtest', DEFAULTS, '--config', DEFAULTS]), { code: 2, err: /is no record of heald/ })
  t.match(await runCli(['backtest', record, '--config', none]), { code: 2, err: /can not be read/ })
  t.match(await runCli(['backtest', record]), { code: 2, err: /required option '--config <file>'/ })
})

t.test('an outage that is played can be recorded, and asked again', async (t) => {
  const directory = join(other, 'played')
  const args = ['simulate', 'examples/outages/dead-kubelet.yaml', '--record', directory]
  t.match(await runCli(args), { code: 0, err: '' })
  t.match(await runCli(['backtest', directory, '--config', DEFAULTS]), { code: 0, out: /\nno difference\n$/ })
  t.match(await runCli([...args.slice(0, 3), DEFAULTS]), { code: 2, err: /--record .*defaults\.yaml: / })
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runCli } from '../../support/cli/terminal.ts'

const dir = mkdtempSync(join(tmpdir(), 'heald-simulate-'))
t.teardown(() => rmSync(dir, { recursive: true }))

function fileOf(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

const DEAD = 'examples/outages/dead-kubelet.yaml'

t.test('tells what happened, and compares it with doing nothing and with an oracle', async (t) => {
  const { code, out, err } = await runCli(['simulate', DEAD])
  t.same({ code, err }, { code: 0, err: '' })
  t.match(out, / 10m +world +w3 +kubelet begins\n/)
  t.match(out, /cloud +w3 +reboot-soft\n/)
  t.match(out, /\n +heald +nobody +oracle\nacts +1 +0 +1\n/)
  t.match(out, /machines replaced that were up +0 +0 +0\n/)
})

t.test('prints everything as JSON', async (t) => {
  const { out } = await runCli(['simulate', DEAD, '--output', 'json'])
  t.match(JSON.parse(out), {
    played: { acts: [{ node: 'w3', rung: 'reboot-soft', up: false }] },
    verdict: { healer: 'heald', acts: 1, onLiving: 0, broken: { machines: 1, mended: 1 } },
    others: [{ healer: 'nobody', nodeMinutesLost: 110 }, { healer: 'oracle' }],
  })
})

t.test('a peer without limits replaces the living, and gains nothing by it', async (t) => {
  const { out } = await runCli([
    'simulate',
    'examples/outages/three-and-three.yaml',
    '--compare',
    'reboot-then-rebuild',
    '-o',
    'json',
  ])
  const [nobody, , peer] = JSON.parse(out).others
  t.ok(peer.replacedLiving >= 3)
  t.ok(peer.nodeMinutesLost >= nobody.nodeMinutesLost)
})

t.test("one's own configuration is played, whether it is a dry-run or not", async (t) => {
  const config = fileOf('config.yaml', 'dryRun: true\nworkerMonitorEnabled: false\n')
  const { out } = await runCli(['simulate', DEAD, '--config', config, '-o', 'json'])
  t.equal(JSON.parse(out).verdict.acts, 0, 'workers are none of its business')
})

t.test('mistakes are named with file, line and column', async (t) => {
  const outage = fileOf('outage.yaml', 'title: t\ncluster: {workers: 3}\nlasts: 1 h\nevents: []\n')
  t.match(await runCli(['simulate', outage]), { code: 2, err: `${outage}:3:1: lasts: got "1 h", expected a duration` })
  t.match(await runCli(['simulate', join(dir, 'none.yaml')]), { code: 2, err: /can not be read/ })
  t.match(await runCli(['simulate', DEAD, '--compare', 'magic']), { code: 2, err: /known are reboot-then-rebuild/ })
  t.match(await runCli(['simulate', DEAD, '--seed', 'x']), { code: 2, err: /expected a whole number/ })
})

t.test('draws it into a file, and says when it can not', async (t) => {
  const picture = join(dir, 'dead.svg')
  t.match(await runCli(['simulate', DEAD, '--svg', picture]), { code: 0, out: /acts/ })
  t.match(readFileSync(picture, 'utf8'), /^<svg [\s\S]*<title>reboot-soft of w3: \d+m\d+s<\/title>/)
  t.match(await runCli(['simulate', DEAD, '--svg', join(dir, 'none', 'dead.svg')]), {
    code: 2,
    err: /can not be written/,
  })
})

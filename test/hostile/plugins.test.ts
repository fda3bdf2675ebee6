import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { config } from '../support/cluster/replica.ts'
import { startStage } from './stage.ts'

t.setTimeout(240_000)

const dir = await mkdtemp(join(tmpdir(), 'heald-hostile-'))
t.teardown(() => rm(dir, { recursive: true, force: true }))

const NODE_CONDITION = /\{type: NodeCondition[^}]*\}\}/g

/** The healthy cluster's configuration with one more check on every role. */
function withCheck(check: string): string {
  return config().replaceAll(NODE_CONDITION, (own) => `${own}, ${check}`)
}

const PROGRAMS: Readonly<Record<string, readonly [string, RegExp]>> = {
  hangs: ['#!/bin/sh\nsleep 600 & sleep 600', /PluginHung/],
  'ignores signals': ['#!/bin/sh\ntrap "" TERM INT HUP\nwhile :; do sleep 1; done', /PluginHung/],
  crashes: ['#!/bin/sh\necho boom >&2\nkill -SEGV $$', /PluginCrashed/],
  'says fail and crashes': ['#!/bin/sh\necho \'{"status":"fail"}\'\nexit 3', /PluginCrashed/],
  'prints garbage': ['#!/bin/sh\nhead -c 3000 /dev/urandom', /PluginGarbage/],
  'prints without an end': ['#!/bin/sh\nexec yes fail', /PluginTooLoud|PluginHung/],
  'says fail in other words': ['#!/bin/sh\necho \'{"status":"FAIL","fail":true,"healthy":false}\'', /PluginGarbage/],
  'says two things': ['#!/bin/sh\necho \'{"status":"fail"}{"status":"fail"}\'', /PluginGarbage/],
  'answers with a list': ['#!/bin/sh\necho \'[{"status":"fail"}]\'', /PluginGarbage/],
  'closes its input': ['#!/bin/sh\nexec <&- >&- 2>&-\nsleep 600', /PluginHung|PluginGarbage/],
  'is no program': ['this is no program', /PluginNotStarted|PluginCrashed|PluginGarbage/],
}

const MODULES: Readonly<Record<string, readonly [string, RegExp]>> = {
  hangs: ['export const check = () => new Promise(() => {})', /PluginHung/],
  'never yields': ['export const check = () => { for (;;); }', /PluginHung|PluginCrashed/],
  'never yields while loading': [
    'for (;;);\nexport const check = () => ({status: "fail"})',
    /PluginHung|PluginCrashed/,
  ],
  throws: ['export const check = () => { throw null }', /PluginThrew/],
  'throws later': [
    'export const check = () => { setTimeout(() => { throw new Error("late") }); return new Promise(() => {}) }',
    /PluginCrashed|PluginHung/,
  ],
  'rejects unseen': [
    'export const check = () => { Promise.reject(1); return {status: "maybe"} }',
    /PluginCrashed|PluginGarbage/,
  ],
  exits: ['export const check = () => process.exit(0)', /PluginCrashed/],
  kills: [
    'export const check = () => { process.kill(process.pid, 0); return process.abort() }',
    /PluginThrew|PluginCrashed/,
  ],
  'eats memory': [
    'const all = []\nexport const check = () => { for (;;) all.push(new Array(1e5).fill(1.5)) }',
    /PluginCrashed|PluginHung/,
  ],
  'answers with a function': ['export const check = () => () => ({status: "fail"})', /PluginThrew|PluginGarbage/],
  'answers with a trap': [
    'export const check = () => ({ get status() { throw new Error("trap") } })',
    /PluginThrew|PluginGarbage|PluginCrashed/,
  ],
  'has no check': ['export const check = 7', /PluginCrashed/],
  'is no module': ['<html>', /PluginCrashed/],
}

t.test('programs that hang, crash or print garbage are named, and no node is touched', async (t) => {
  const stage = await startStage(t, { sockets: true })
  for (const [what, [text, reason]] of Object.entries(PROGRAMS)) {
    const file = join(dir, what.replaceAll(' ', '-'))
    await writeFile(file, text)
    await chmod(file, 0o755)
    const name = `Exec ${what}`
    await named(stage, name, reason, withCheck(check('Exec', name, `command: ["${file}"]`)))
  }
  t.same(stage.touched(), [])
  t.same(stage.told('RoundFailed'), [])
  t.ok(stage.offer(config()))
  await stage.stillHeals('w0')
})

t.test('modules that hang, crash or answer garbage are named, and no node is touched', async (t) => {
  const stage = await startStage(t, { sockets: true })
  for (const [what, [text, reason]] of Object.entries(MODULES)) {
    const file = join(dir, `${what.replaceAll(' ', '-')}.mjs`)
    await writeFile(file, text)
    const name = `Module ${what}`
    await named(stage, name, reason, withCheck(check('Module', name, `file: "${file}"`)))
  }
  t.same(stage.touched(), [])
  t.same(stage.told('RoundFailed'), [])
  t.ok(stage.offer(config()))
  await stage.stillHeals('w0')
})

function check(type: string, name: string, params: string): string {
  return `{type: ${type}, name: "${name}", params: {${params}, timeout: 300ms, unhealthyDuration: 0s}}`
}

/** Takes the configuration, and waits until the log names the check and what is wrong with it. */
async function named(
  stage: Awaited<ReturnType<typeof startStage>>,
  name: string,
  reason: RegExp,
  text: string,
): Promise<void> {
  if (!stage.offer(text)) throw new Error(`${name}: ${stage.told('ConfigInvalid').at(-1)?.message}`)
  await stage.world.until(`${name} is named`, 120_000, () =>
    stage.log.lines.some(({ fields }) => fields.check === name && reason.test(String(fields.reasons))),
  )
}

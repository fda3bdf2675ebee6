// npm run mends [-- WORD]: takes each rule of bench/mended-rules.ts out of the sources, one at a time, plays the outage that
// showed it, and prints what heald would do without. Fails when the outage's expectation still holds, or nothing was taken out.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { plural } from '../src/core/round/gate.ts'
import type * as Expected from '../test/support/outage/expected.ts'
import type { Allowed } from '../test/support/outage/expected.ts'
import type * as Playing from '../test/support/outage/play.ts'
import { MENDED_RULES, type MendedRule } from './mended-rules.ts'

type Playable = Pick<typeof Expected, 'mistakes' | 'OUTAGES'> & Pick<typeof Playing, 'play' | 'shipped'>

const ENTRY = `export { mistakes, OUTAGES } from './test/support/outage/expected.ts'
export { play, shipped } from './test/support/outage/play.ts'`

const dir = mkdtempSync('node_modules/.mends-')
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))

/** The simulator with the production code as it is, or with one place of it changed. */
async function load(name: string, rule?: MendedRule): Promise<Playable> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: process.cwd(), loader: 'ts' },
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', write: false, logLevel: 'warning' },
    plugins:
      rule === undefined ? [] : [{ name: 'without', setup: (setup) => setup.onLoad(only(rule), () => without(rule)) }],
  })
  const file = join(dir, `${name}.mjs`)
  writeFileSync(file, outputFiles[0]?.contents ?? '')
  return import(pathToFileURL(resolve(file)).href)
}

function only({ file }: MendedRule): { readonly filter: RegExp } {
  return { filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }
}

function without({ rule, file, code, instead }: MendedRule): { readonly contents: string; readonly loader: 'ts' } {
  const parts = readFileSync(file, 'utf8').split(code)
  if (parts.length !== 2) throw new Error(`mends: ${rule}: ${file} has its code ${parts.length - 1} times: ${code}`)
  return { contents: parts.join(instead), loader: 'ts' }
}

interface Told {
  readonly mistakes: readonly string[]
  readonly text: string
}

async function tell({ play, shipped, mistakes }: Playable, outage: string, allowed: Allowed): Promise<Told> {
  const played = await play(shipped(outage))
  const up = played.acts.filter((act) => act.up)
  const replaced = up.filter(({ rung }) => rung === 'replace').length
  const living =
    up.length === 0 ? '' : `, ${up.length} on living machines${replaced === 0 ? '' : `, ${replaced} replaced`}`
  const text = `${plural(played.acts.length, 'act')}${living}`
  return { mistakes: mistakes(played, allowed), text }
}

const [word = ''] = process.argv.slice(2)
const whole = await load('whole')
const before = new Map<string, Promise<Told>>()
console.log('| rule | outage | with it | without it |\n|---|---|---|---|')
for (const [index, one] of MENDED_RULES.entries()) {
  const { rule, outage } = one
  if (!`${rule} ${outage}`.includes(word)) continue
  const allowed = whole.OUTAGES[outage] ?? {}
  const known = before.get(outage) ?? tell(whole, outage, allowed)
  before.set(outage, known)
  const [now, then] = [await known, await tell(await load(`${index}`, one), outage, allowed)]
  const failure =
    then.mistakes.length === 0 ? ': **no expectation fails**' : now.text === then.text ? `: ${then.mistakes[0]}` : ''
  console.log(`| ${rule} | \`${outage}\` | ${now.text} | ${then.text}${failure} |`)
  if (process.env.VERBOSE !== undefined) console.log(then.mistakes.join('\n'))
  if (now.mistakes.length > 0 || then.mistakes.length === 0) process.exitCode = 1
}

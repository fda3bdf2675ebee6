import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { registerCheck } from '../../../cmd/commands/check.ts'
import { optionSchemas } from '../../../src/daemon/config-boot.ts'
import { type BrokenFile, SECRET } from '../../support/config/broken-file.ts'
import { brokenFiles } from '../../support/config/broken-files.ts'

const files = brokenFiles()

async function check(file: string, ...options: readonly string[]): Promise<{ lines: readonly string[]; code: number }> {
  let output = ''
  let code = 70
  const program = new Command().exitOverride()
  registerCheck(program, {
    ...optionSchemas(),
    write: (text) => {
      output += text
    },
    exit: (value) => {
      code = value
    },
    readInput: async () => '',
    tryOut: async () => [],
  })
  await program.parseAsync(['check', ...options, file], { from: 'user' })
  return { lines: output.split('\n'), code }
}

/** What is said of the mistake; that the base file holds a password is no news. */
function saidOf(file: string, lines: readonly string[]): readonly string[] {
  const said = lines.filter((line) => new RegExp(`^.{${file.length}}:\\d+:\\d+: `).test(line))
  return said.map((line) => line.slice(file.length + 1)).filter((line) => !line.includes(': a secret stands'))
}

t.test('there are 150 broken configurations or more, each one of its own', async (t) => {
  t.ok(files.length >= 150, `${files.length}`)
  t.equal(new Set(files.map(({ text }) => Buffer.from(text).toString('latin1'))).size, files.length)
})

t.test('of each the cause is said first, at its place, with the remedy, the exit code and no secret', async (t) => {
  const file = join(t.testdir(), 'f.yaml')
  for (const broken of files) {
    const fault = await faultOf(broken, file)
    t.equal(fault, undefined, broken.name)
  }
})

async function faultOf({ text, place, remedy, code }: BrokenFile, file: string): Promise<string | undefined> {
  writeFileSync(file, text)
  const seen = await check(file)
  const [first = '', ...more] = saidOf(file, seen.lines)
  const all = seen.lines.join('\n').replaceAll(file, 'f')
  if (!first.startsWith(`${place}: `)) return `not at ${place}: ${all}`
  if (!remedy.test(first)) return `not ${remedy}: ${first}`
  // One that is doubtful twice, or that makes something else doubtful.
  if (more.length > 1) return `too much: ${all}`
  if (seen.code !== code) return `exit code ${seen.code}: ${all}`
  if (code === 0 && (await check(file, '--strict')).code !== 2) return 'usable with --strict'
  return all.includes(SECRET) ? 'holds the secret' : undefined
}

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCli } from '../support/cli/terminal.ts'

t.test('bash completes commands, options, and what an option can be', async (t) => {
  const { code, out } = await runCli(['completion', 'bash'])
  t.equal(code, 0)
  const file = join(t.testdir(), 'heald.bash')
  writeFileSync(file, out)
  const complete = (...words: string[]): readonly string[] => {
    const line = `. ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _heald; echo "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', line], { encoding: 'utf8' }).trim().split(' ')
  }
  t.same(complete('heald', 'st'), ['status'])
  t.same(complete('heald', 'history', '--si'), ['--since'])
  t.same(complete('heald', 'history', '-o', ''), ['table', 'json', 'yaml', 'wide', 'name'])
  t.same(complete('heald', 'why', 'worker-1', '--a'), ['--all'])
})

t.test('zsh reads the same by way of bashcompinit, and fish has lines of its own', async (t) => {
  t.match((await runCli(['completion', 'zsh'])).out, /^#compdef heald\n.*bashcompinit\n# bash completion for heald\n/)
  const { out } = await runCli(['completion', 'fish'])
  t.match(out, /^complete -c heald -n __fish_use_subcommand -f -a why -d 'say why heald acts on a node, or does not'$/m)
  t.match(out, /^complete -c heald -n '__fish_seen_subcommand_from status' -s o -l output -x -a 'table json yaml' -d /m)
  t.notMatch(out, /-d '[^']*[^\\]'[^\n]/, "an apostrophe in a help text ends no text of the shell's")
})

t.test('a shell that is not known is named as the mistake', async (t) => {
  t.match(await runCli(['completion', 'csh']), { code: 2, err: /Allowed choices are bash, zsh, fish/ })
})

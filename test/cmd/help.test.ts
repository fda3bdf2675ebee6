import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { runCli } from '../support/cli/terminal.ts'

const COMMANDS = [
  'run',
  'demo',
  'check',
  'simulate',
  'backtest',
  'why',
  'status',
  'pause',
  'resume',
  'approve',
  'repair',
  'history',
  'version',
  'completion',
]
/** Commands of a command. */
const NESTED = ['why alert']
const DOC = 'docs/cli.md'
const INTRODUCTION = `# The command line

What \`heald --help\` and \`heald COMMAND --help\` print, in one place. A test keeps this page equal to them;
\`npx tap --snapshot test/cmd/help.test.ts\` writes it anew.
`

async function helpOf(...command: readonly string[]): Promise<string> {
  const { code, out, err } = await runCli([...command, '--help'])
  t.same({ code, err }, { code: 0, err: '' }, `heald ${command.join(' ')} --help exits 0`)
  return out.trimEnd()
}

t.test('docs/cli.md holds the help of every command', async (t) => {
  const sections = [`## heald\n\n\`\`\`text\n${await helpOf()}\n\`\`\`\n`]
  const names = COMMANDS.flatMap((name) => [name, ...NESTED.filter((one) => one.startsWith(`${name} `))])
  for (const name of names) {
    sections.push(`## heald ${name}\n\n\`\`\`text\n${await helpOf(...name.split(' '))}\n\`\`\`\n`)
  }
  const doc = [INTRODUCTION, ...sections].join('\n')
  if (process.env.TAP_SNAPSHOT === '1') writeFileSync(DOC, doc)
  t.equal(readFileSync(DOC, 'utf8'), doc)
})

t.test('every command is in the list of commands, and has examples', async (t) => {
  const listed = [...(await helpOf()).matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].map(([, name]) => name)
  t.same(
    listed.filter((name) => name !== 'help'),
    COMMANDS,
  )
  for (const name of COMMANDS) t.match(await helpOf(name), new RegExp(`Examples:\n {2}heald ${name}\\b`), name)
  for (const name of NESTED)
    t.match(await helpOf(...name.split(' ')), new RegExp(`Examples:\n {2}heald ${name}\\b`), name)
})

t.test('commands that ask something print a table or JSON', async (t) => {
  for (const name of COMMANDS.slice(2).filter((each) => each !== 'completion'))
    t.match(await helpOf(name), /-o, --output <format> +how to print/, name)
})

const MISTAKES: readonly (readonly [readonly string[], RegExp])[] = [
  [['stats'], /unknown command 'stats'\n\(Did you mean status\?\)/],
  [['histroy', 'worker-1'], /Did you mean history\?/],
  [['why', 'worker-1', '--outptu', 'json'], /unknown option '--outptu'\n\(Did you mean --output\?\)/],
  [['pause', '--resaon', 'x'], /Did you mean --reason\?/],
  [['why'], /missing required argument 'node'/],
  [['why', 'a', 'b'], /too many arguments/],
  [['status', '-o', 'xml'], /Allowed choices are table, json, yaml/],
  [['status', '--port', '0'], /--port .* is invalid. expected a port number, 1 to 65535/],
  [['pause', '--for', 'soon'], /--for .* expected a duration longer than nothing, such as 30m/],
  [['pause', '--for', '0s'], /expected a duration longer than nothing/],
  [['pause', 'worker-1', '--pool', 'gpu'], /a node or a pool, not both: leave out worker-1 or --pool gpu/],
  [['resume', '--pool', 'a b'], /a pool that can be paused has letters, digits/],
  [['resume', '--pool', 'p'.repeat(51)], /at most 50 characters/],
  [
    ['pause', '--config-map', 'heald'],
    /--config-map heald: expected NAMESPACE\/NAME, for example kube-system\/heald-config/,
  ],
  [['status', '--lease', 'heald'], /--lease heald: expected NAMESPACE\/NAME/],
  [['approve', 'worker-1-abc-1', 'rebot-hard'], /It is no rung; .* Did you mean reboot-hard\?/],
  [['why', 'a/b'], /"a\/b" is no name of a node/],
  [['status', '--url', 'ftp://heald'], /--url: expected an address such as http:\/\/127.0.0.1:9470/],
  [['history', '--kubeconfig', '/nowhere/config'], /kubeconfig \/nowhere\/config: ENOENT/],
  [['history'], /no way to an API server: .* give --kubeconfig FILE or set KUBECONFIG/],
]

t.test('wrong use exits 2, prints nothing on standard output, and names what would be right', async (t) => {
  for (const [args, said] of MISTAKES) {
    const { code, out, err } = await runCli(args)
    t.same({ code, out }, { code: 2, out: '' }, args.join(' '))
    t.match(err, said, args.join(' '))
  }
})

t.test('without a command the help is shown, and that is wrong use', async (t) => {
  const { code, err } = await runCli([])
  t.equal(code, 2)
  t.match(err, /Usage: heald/)
})

t.test('--version prints the version alone', async (t) => {
  t.same(await runCli(['--version']), { code: 0, out: '0.0.0-test\n', err: '' })
})

import { Argument, type Command, type Option } from 'commander'
import type { Terminal } from '../cli/output.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** Registered last: it completes what stands in `program` by then. */
export function registerCompletion(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .summary('print what makes a shell complete commands and options')
    .description('Prints a script for a shell: it completes commands, options and what an option can be.')
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  heald completion bash > /etc/bash_completion.d/heald
  heald completion zsh > "\${fpath[1]}/_heald"
  heald completion fish > ~/.config/fish/completions/heald.fish`,
    )
    .action((shell: Shell) => terminal.out(SCRIPTS[shell](program.commands)))
}

const SCRIPTS: Readonly<Record<Shell, (commands: readonly Command[]) => string>> = { bash, zsh, fish }

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const values = command.options.flatMap((option) => {
      const flags = flagsOf(option).map((flag) => `${command.name()}:${flag}`)
      return option.argChoices === undefined ? [] : [`${flags.join('|')}) words='${option.argChoices.join(' ')}' ;;`]
    })
    return { values, options: `${command.name()}:*) words='${command.options.flatMap(flagsOf).join(' ')} --help' ;;` }
  })
  return `# bash completion for heald
_heald() {
  local words='' word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD - 1]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    words='${commands.map((command) => command.name()).join(' ')} --help --version'
  else
    case "\${COMP_WORDS[1]}:$before" in
${cases
  .flatMap(({ values, options }) => [...values, options])
  .map((line) => `      ${line}`)
  .join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _heald heald
`
}

/** zsh reads bash's. */
function zsh(commands: readonly Command[]): string {
  return `#compdef heald
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c heald -n __fish_use_subcommand -f -a ${command.name()} -d ${quoted(command.summary())}`,
    ...command.options.map((option) => {
      const { short, long, description, required, argChoices } = option
      const flags = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' ')
      const value = argChoices === undefined ? (required ? ' -r' : '') : ` -x -a ${quoted(argChoices.join(' '))}`
      const when = quoted(`__fish_seen_subcommand_from ${command.name()}`)
      return `complete -c heald -n ${when} ${flags}${value} -d ${quoted(description)}`
    }),
  ])
  return `# fish completion for heald\n${lines.join('\n')}\n`
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined)
}

function quoted(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}

import type { Command } from 'commander'
import { backtest } from '../../src/backtest/backtest.ts'
import { renderBacktest } from '../../src/backtest/render.ts'
import { RecordError } from '../../src/record/read.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { loadConfigFile } from '../cli/load-file.ts'
import { type Output, outputOption, plain, print, type Terminal } from '../cli/output.ts'

interface BacktestOptions extends Output {
  readonly config: string
}

export function registerBacktest(program: Command, terminal: Terminal): void {
  program
    .command('backtest')
    .summary('ask another policy what it would have done')
    .description(
      'Plays back what heald has recorded (`record` in its configuration), with the code that decides in production and ' +
        'another configuration, and prints where the two say something else: what the leader said then, and what it would ' +
        'have said. Needs no cluster, and changes nothing.',
    )
    .argument('<history>', 'the directory of a record, or one of its files')
    .requiredOption('--config <file>', 'the configuration that is asked')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald backtest /var/lib/heald/record --config config.yaml
  heald backtest /var/lib/heald/record --config config.yaml --output json | jq '.differences[0]'

Gates, ladder and checks are asked anew. What was not looked at can't be known: the pool and zone labels, the answers of
checks that were not configured, and how the world would have gone on after another act.

Exit codes: 0 the record could be read, 2 it could not, or the configuration is not usable.`,
    )
    .action((history: string, options: BacktestOptions) => run(history, options, terminal))
}

async function run(history: string, options: BacktestOptions, terminal: Terminal): Promise<void> {
  const config = await loadConfigFile(options.config)
  try {
    const result = await backtest(history, config)
    print(terminal, options, result, () => renderBacktest(result))
  } catch (thrown) {
    if (thrown instanceof RecordError) throw new ExitError(EXIT.usage, plain(thrown.message))
    throw thrown
  }
}

import { type Command, Option } from 'commander'
import { loadOutage } from '../../src/simulator/outage/load-outage.ts'
import { PEERS, type Peer } from '../../src/simulator/outage/peers.ts'
import { renderOutage } from '../../src/simulator/outage/render.ts'
import { judgeOutage } from '../../src/simulator/outage/verdict.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { loadConfigFile, loadFile, readConfig } from '../cli/load-file.ts'
import { type Output, outputOption, print, type Terminal } from '../cli/output.ts'

interface SimulateOptions extends Output {
  readonly config?: string
  readonly seed: string
  readonly compare: readonly Peer[]
}

const DEFAULTS = 'clusterName: simulated\n'

export function registerSimulate(program: Command, terminal: Terminal): void {
  program
    .command('simulate')
    .summary('play an outage, and see what heald would do in it')
    .description(
      'Plays the outage of a YAML file in virtual time, with the code that decides in production, and prints what happens ' +
        'and how it compares with doing nothing. Needs no cluster, and changes nothing.',
    )
    .argument('<file>', 'an outage, such as one of examples/outages')
    .option('--config <file>', "play it with this configuration; default: heald's defaults")
    .option('--seed <number>', 'another number, other losses on lossy networks', '1')
    .addOption(
      new Option('--compare <policy>', 'also play it with an imitation of the rules that other healers document')
        .choices(Object.keys(PEERS))
        .argParser((peer: string, before: readonly string[]) => {
          if (!Object.hasOwn(PEERS, peer))
            throw new ExitError(EXIT.usage, `--compare ${peer}: known are ${Object.keys(PEERS).join(', ')}`)
          return [...before, peer]
        })
        .default([] as readonly string[], 'none'),
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Policies to compare with (imitations, labelled as such):
${Object.entries(PEERS)
  .map(([name, { about }]) => `  ${name.padEnd(20)} ${about}`)
  .join('\n')}

Examples:
  heald simulate examples/outages/rack.yaml
  heald simulate examples/outages/rack.yaml --compare reboot-then-rebuild
  heald simulate outage.yaml --config config.yaml --output json`,
    )
    .action((file: string, options: SimulateOptions) => simulate(file, options, terminal))
}

async function simulate(file: string, options: SimulateOptions, terminal: Terminal): Promise<void> {
  const seed = Number(options.seed)
  if (!Number.isSafeInteger(seed)) throw new ExitError(EXIT.usage, `--seed ${options.seed}: expected a whole number`)
  const outage = await loadFile(file, (text) => loadOutage(text, file))
  const config = options.config === undefined ? readConfig(DEFAULTS, 'defaults') : await loadConfigFile(options.config)
  const judged = await judgeOutage(outage, { config: { ...config, dryRun: false }, seed }, options.compare)
  print(terminal, options, judged, () => renderOutage(judged))
}

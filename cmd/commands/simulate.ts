import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { Tell } from '../../src/core/ports/log.ts'
import { asks } from '../../src/healthcheck/registry.ts'
import { asError } from '../../src/lib/errors.ts'
import { createRecordFiles, type RecordFiles } from '../../src/record/files.ts'
import { createRecorder } from '../../src/record/recorder.ts'
import type { Recording } from '../../src/simulator/outage/heald.ts'
import { loadOutage } from '../../src/simulator/outage/load-outage.ts'
import type { Outage } from '../../src/simulator/outage/outage.ts'
import { PEERS, type Peer } from '../../src/simulator/outage/peers.ts'
import { drawOutage } from '../../src/simulator/outage/picture/draw.ts'
import { renderOutage } from '../../src/simulator/outage/render.ts'
import { type Judged, judgeOutage } from '../../src/simulator/outage/verdict.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { loadConfigFile, loadFile, readConfig } from '../cli/load-file.ts'
import { type Output, outputOption, print, type Terminal } from '../cli/output.ts'

interface SimulateOptions extends Output {
  readonly config?: string
  readonly seed: string
  readonly compare: readonly Peer[]
  readonly record?: string
  readonly svg?: string
}

/** Of a record of one outage: it is kept whole. */
const MOST_BYTES = 1024 ** 3
const MOST_FILES = 10_000
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
    .option('--record <directory>', 'also write down there what heald sees and says, for `heald backtest`')
    .option('--svg <file>', 'also draw it into this file: a lane per troubled node, with faults, holds and acts')
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
  heald simulate examples/outages/rack.yaml --svg rack.svg
  heald simulate outage.yaml --config config.yaml --output json
  heald simulate examples/outages/rack.yaml --record history && heald backtest history --config config.yaml`,
    )
    .action((file: string, options: SimulateOptions) => simulate(file, options, terminal))
}

async function simulate(file: string, options: SimulateOptions, terminal: Terminal): Promise<void> {
  const seed = Number(options.seed)
  if (!Number.isSafeInteger(seed)) throw new ExitError(EXIT.usage, `--seed ${options.seed}: expected a whole number`)
  const outage = await loadFile(file, (text) => loadOutage(text, file))
  const config = options.config === undefined ? readConfig(DEFAULTS, 'defaults') : await loadConfigFile(options.config)
  const recording = options.record === undefined ? undefined : recordingInto(options.record)
  const played = { config: { ...config, dryRun: false }, seed, record: recording?.record }
  const judged = await judgeOutage(outage, played, options.compare)
  await recording?.written()
  if (options.svg !== undefined) await draw(options.svg, judged, outage)
  print(terminal, options, judged, () => renderOutage(judged))
}

/** A record of what is played; `written` rejects when it is not whole. */
function recordingInto(directory: string): { readonly record: Recording; written(): Promise<void> } {
  const troubles: string[] = []
  let files: RecordFiles | undefined
  return {
    record: (eyes) => {
      const tell: Tell = ({ message }) => void troubles.push(message)
      files = createRecordFiles({ directory, clock: eyes.clock, maxSize: MOST_BYTES, maxFiles: MOST_FILES, tell })
      const failed = (thrown: unknown): void => void troubles.push(asError(thrown).message)
      return createRecorder({ ...eyes, asks, sink: () => files, failed })
    },
    async written() {
      await files?.settled()
      const [trouble] = troubles
      if (trouble !== undefined) throw new ExitError(EXIT.usage, `--record ${trouble}`)
    },
  }
}

async function draw(file: string, judged: Judged, outage: Outage): Promise<void> {
  try {
    await writeFile(file, `${drawOutage(judged, outage.lasts)}\n`)
  } catch (thrown) {
    throw new ExitError(EXIT.usage, `--svg ${file}: can not be written: ${asError(thrown).message}`)
  }
}

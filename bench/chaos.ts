// npm run chaos [-- --count N --from N --jobs N --largest N --write]: plays generated outages and prints what came of them,
// by shape; --write also puts that into docs/safety.md.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config/load/load.ts'
import { optionSchemas } from '../src/daemon/config-boot.ts'
import { alignColumns } from '../src/lib/pure/columns.ts'
import { runChaos } from '../src/simulator/chaos/run-chaos.ts'
import { SETTINGS } from '../src/simulator/chaos/settings.ts'
import { type Outcome, tableOf } from '../src/simulator/chaos/tally.ts'
import { writePage } from './chaos-page.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    from: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '2' },
    largest: { type: 'string', default: '1000' },
    worker: { type: 'string' },
    write: { type: 'boolean' },
  },
})
const [count, from, jobs, largest] = [values.count, values.from, values.jobs, values.largest].map(Number) as [
  number,
  number,
  number,
  number,
]

/** The outages of one process, a JSON line each. */
async function work(index: number): Promise<void> {
  const configs = Object.entries(SETTINGS).map(([file, text]) => loadConfig(text, { file, ...optionSchemas() }).config)
  for await (const outcome of runChaos({ first: from + index, count: count - index, step: jobs, largest, configs })) {
    console.log(JSON.stringify(outcome))
  }
}

function startWorker(index: number, take: (outcome: Outcome) => void): Promise<void> {
  const args = ['scripts/run.mjs', 'bench/chaos.ts', ...process.argv.slice(2), '--worker', String(index)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: child.stdout }).on('line', (line) => take(JSON.parse(line)))
  return new Promise((resolve, reject) => {
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`chaos: a worker ended with ${code}`))))
  })
}

async function main(): Promise<void> {
  const startedAt = performance.now()
  const outcomes: Outcome[] = []
  const take = (outcome: Outcome): void => void outcomes.push(outcome)
  await Promise.all(Array.from({ length: jobs }, (_, index) => startWorker(index, take)))
  const seconds = (performance.now() - startedAt) / 1_000
  for (const line of alignColumns(tableOf(outcomes))) console.log(line)
  const perHour = Math.round((3_600 * outcomes.length) / seconds)
  console.log(`${outcomes.length} outages in ${seconds.toFixed(0)} s: ${perHour} an hour`)
  if (values.write === true) await writePage(outcomes, { perHour, largest })
  for (const { title, replaced } of outcomes) if (replaced > 0) console.log(`replaced alive: ${title}`)
}

await (values.worker === undefined ? main() : work(Number(values.worker)))

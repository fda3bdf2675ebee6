// npm run bench [-- [NAME ...] [--json]]: what heald costs, beside what it may cost.
import { parseArgs } from 'node:util'
import { benchBundle } from './bundle.ts'
import { benchClock } from './clock.ts'
import { benchDecide } from './decide.ts'
import { benchOutages } from './outages.ts'
import { benchReaction } from './reaction.ts'
import { machine, type Result, table } from './report.ts'
import { benchRound } from './round.ts'
import { benchWrites } from './writes.ts'

const BENCHES: Readonly<Record<string, (progress: (text: string) => void) => Promise<readonly Result[]>>> = {
  decide: benchDecideRows,
  clock: benchClock,
  round: benchRound,
  writes: benchWrites,
  outages: benchOutages,
  reaction: benchReaction,
  bundle: benchBundle,
}

async function benchDecideRows(): Promise<readonly Result[]> {
  const rows = await benchDecide()
  return rows.map(({ name, p50Ms, p99Ms, cpuP99Ms, goalP99Ms }) => ({
    ...{ bench: 'decide', name, value: p99Ms, unit: 'ms p99', goal: goalP99Ms },
    note: `p50 ${p50Ms.toFixed(2)} ms; CPU time p99 ${cpuP99Ms.toFixed(2)} ms`,
  }))
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  process.stderr.write(`bench: unknown: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}

const progress = (text: string): void => void process.stderr.write(`# ${text}\n`)
const results: Result[] = []
for (const [name, run] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  progress(name)
  try {
    results.push(...(await run(progress)))
  } catch (thrown) {
    process.exitCode = 1
    const missing = thrown instanceof Error ? thrown.message : String(thrown)
    results.push({ bench: name, name, missing })
  }
}
const on = machine()
process.stdout.write(
  values.json === true ? `${JSON.stringify({ machine: on, results }, null, 2)}\n` : table(on, results),
)

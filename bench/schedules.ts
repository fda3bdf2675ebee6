// npm run schedules [-- --count N --from N --jobs N --seed N]: plays generated schedules of two replicas and one repair,
// and prints the shortest of each that breaks a rule. --seed plays one of them again, request by request.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { type Explored, explore, type Finding } from '../test/support/schedules/explore.ts'
import { play } from '../test/support/schedules/play.ts'
import { scheduleOf, tellSchedule } from '../test/support/schedules/schedule.ts'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    seed: { type: 'string' },
    worker: { type: 'string' },
  },
})
const [count, from, jobs] = [values.count, values.from, values.jobs].map(Number) as [number, number, number]

interface Part extends Omit<Explored, 'harms'> {
  readonly harms: readonly (readonly [string, number])[]
  readonly cpuSeconds: number
}

async function work(index: number): Promise<void> {
  const { harms, ...rest } = await explore({ first: from + index, count: count - index, step: jobs })
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ ...rest, harms: [...harms], cpuSeconds: (user + system) / 1e6 } satisfies Part))
}

function startWorker(index: number): Promise<Part> {
  const args = ['scripts/run.mjs', 'bench/schedules.ts', ...process.argv.slice(2), '--worker', String(index)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let part: Part | undefined
  createInterface({ input: child.stdout }).on('line', (line) => {
    part = JSON.parse(line)
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0 && part !== undefined) resolve(part)
      else reject(new Error(`schedules: a worker ended with ${code}`))
    })
  })
}

async function replay(seed: number): Promise<void> {
  const schedule = scheduleOf(seed)
  for (const line of tellSchedule(schedule)) console.log(line)
  const { faults } = await play(schedule, (line) => console.log(line))
  for (const fault of faults) console.log(fault)
}

function tellFinding({ schedule, faults }: Finding): void {
  for (const line of [...tellSchedule(schedule), ...faults]) console.log(line)
}

async function main(): Promise<void> {
  const startedAt = performance.now()
  const parts = await Promise.all(Array.from({ length: jobs }, (_, index) => startWorker(index)))
  const seconds = (performance.now() - startedAt) / 1_000
  const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0)
  const schedules = sum((part) => part.schedules)
  const harms = new Map<string, number>()
  for (const [what, times] of parts.flatMap((part) => part.harms)) harms.set(what, (harms.get(what) ?? 0) + times)
  console.log([...harms].map(([what, times]) => `${what} ${times}`).join(', '))
  const cpuMs = (1_000 * sum((part) => part.cpuSeconds)) / schedules
  console.log(
    `${schedules} schedules, ${sum((part) => part.ways)} different ways, ${sum((part) => part.calls)} requests, ` +
      `${sum((part) => part.acts)} acts, in ${seconds.toFixed(0)} s: ${Math.round(schedules / seconds)} a second, ${cpuMs.toFixed(1)} ms of CPU each`,
  )
  const findings = parts.flatMap((part) => part.findings)
  findings.sort((a, b) => a.schedule.harms.length - b.schedule.harms.length)
  console.log(`${findings.length} break a rule`)
  for (const finding of findings.slice(0, 5)) tellFinding(finding)
  if (findings.length > 0) process.exitCode = 1
}

if (values.seed !== undefined) await replay(Number(values.seed))
else await (values.worker === undefined ? main() : work(Number(values.worker)))

import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { type ControlPlane, startControlPlane } from '../test/lab/control-plane.ts'
import { installCrd, shippedCrd } from '../test/support/kube/crd.ts'
import { addHollowNodes } from './hollow-nodes.ts'
import { type Runtime, runtimes } from './node-versions.ts'
import { type Replica, runsAsPod, spawnMortal, startReplica, until } from './replica.ts'
import type { Result } from './report.ts'

const IDLE_SECONDS = 40
const CPU_SECONDS = 60
const CONFIG = `
cloudProvider: none
healthcheck:
  master: [{type: NodeCondition}, {type: NodeLease}]
  worker: [{type: NodeCondition}, {type: NodeLease}]
`

/** Memory, CPU and requests of dist/heald.mjs, leading, before a real API server. */
export async function benchBundle(progress: (text: string) => void): Promise<readonly Result[]> {
  const { found, missing } = await runtimes()
  const results: Result[] = []
  if (missing !== undefined) results.push({ bench: 'bundle', name: 'everything below on Node 24', missing })
  progress('etcd and kube-apiserver')
  const plane = await startControlPlane()
  try {
    if (!runsAsPod())
      results.push({ bench: 'bundle', name: 'as in a pod', missing: 'needs root; with a kubeconfig instead' })
    await installCrd(plane, await shippedCrd())
    for (const runtime of found) results.push(...(await idle(plane, runtime, progress)))
    let nodes = 0
    for (const [count, goal] of [
      [5_000, 130],
      [15_000, 160],
    ] as const) {
      progress(`${count} nodes`)
      await addHollowNodes(plane, nodes, count)
      nodes = count
      for (const runtime of found) results.push(await coldStart(plane, runtime, count))
      const renewing = startRenewals(plane, count)
      try {
        for (const runtime of found)
          results.push(...(await loaded(plane, runtime, { count, goal, renewing }, progress)))
      } finally {
        renewing.stop()
      }
    }
  } finally {
    await plane.stop()
  }
  return results
}

function start(plane: ControlPlane, runtime: Runtime): Promise<Replica> {
  const name = `heald-${runtime.name.replace(/\W/g, '-')}`
  return startReplica({ runtime, dir: plane.dir, plane, config: CONFIG, name })
}

async function idle(plane: ControlPlane, runtime: Runtime, progress: (text: string) => void): Promise<Result[]> {
  progress(`idle, ${runtime.name}`)
  const replica = await start(plane, runtime)
  try {
    await until('leading', replica.logFile, 30_000, async () => (await metric(replica, 'heald_leader')) === 1)
    await delay(5_000)
    const before = await replica.requests()
    await delay(IDLE_SECONDS * 1_000)
    const after = await replica.requests()
    const name = (what: string): string => `${what}, idle, leading, ${runtime.name}`
    const perSecond = [...after]
      .map(([key, count]) => [key, (count - (before.get(key) ?? 0)) / IDLE_SECONDS] as const)
      .filter(([, rate]) => rate > 0)
    const sum = (rates: typeof perSecond): number => rates.reduce((total, [, rate]) => total + rate, 0)
    const watches = perSecond.filter(([key]) => key.startsWith('WATCH '))
    const others = perSecond.filter(([key]) => !key.startsWith('WATCH '))
    const { peak } = await replica.memory()
    return [
      { bench: 'bundle', name: name('resident memory, peak'), value: peak, unit: 'MiB' },
      {
        ...{ bench: 'bundle', name: name('API requests beside watches'), value: sum(others), unit: '/s', goal: 0.5 },
        note: others.map(([key, rate]) => `${key} ${rate.toFixed(2)}`).join(', '),
      },
      {
        ...{ bench: 'bundle', name: name('watches opened anew'), value: sum(watches), unit: '/s' },
        note: watches.map(([key, rate]) => `${key.slice(6)} ${rate.toFixed(2)}`).join(', '),
      },
    ]
  } finally {
    await replica.stop()
  }
}

/** While nothing else asks the API server. */
async function coldStart(plane: ControlPlane, runtime: Runtime, count: number): Promise<Result> {
  const from = performance.now()
  const replica = await start(plane, runtime)
  try {
    await allKnown(replica, count)
    const name = `start to all nodes known, ${count.toLocaleString('en')} nodes, ${runtime.name}`
    return { bench: 'bundle', name, value: (performance.now() - from) / 1_000, unit: 's', goal: 4 }
  } finally {
    await replica.stop()
  }
}

interface Load {
  readonly count: number
  readonly goal: number
  readonly renewing: Renewals
}

async function loaded(
  plane: ControlPlane,
  runtime: Runtime,
  { count, goal, renewing }: Load,
  progress: (text: string) => void,
): Promise<Result[]> {
  progress(`${count} nodes, ${runtime.name}`)
  const replica = await start(plane, runtime)
  try {
    await allKnown(replica, count)
    await until('leading', replica.logFile, 30_000, async () => (await metric(replica, 'heald_leader')) === 1)
    const of = (what: string): string => `${what}, ${count.toLocaleString('en')} nodes, ${runtime.name}`
    const results: Result[] = []
    if (count === 15_000) {
      // Heartbeats must have been seen twice before every node counts as watched, and the list's garbage be collected.
      await delay(12_000)
      renewing.take()
      const before = await replica.cpuSeconds()
      await delay(CPU_SECONDS * 1_000)
      const used = (await replica.cpuSeconds()) - before
      const rate = renewing.take() / CPU_SECONDS
      results.push({
        ...{
          bench: 'bundle',
          name: of(`CPU over ${CPU_SECONDS} s`),
          value: used / CPU_SECONDS,
          unit: 'core',
          goal: 0.06,
        },
        note: `${rate.toFixed(0)} lease renewals/s stored meanwhile`,
      })
    } else await delay(20_000)
    const suspects = await metric(replica, 'heald_nodes', 'state="watch"')
    const { peak, now } = await replica.memory()
    const note = `${now.toFixed(0)} MiB at the end${suspects ? `; ${suspects} suspects` : ''}`
    results.unshift({ bench: 'bundle', name: of('resident memory, peak'), value: peak, unit: 'MiB', goal, note })
    return results
  } finally {
    await replica.stop()
  }
}

async function allKnown(replica: Replica, count: number): Promise<void> {
  const isKnown = async () => (await metric(replica, 'heald_nodes')) === count
  await until(`${count} nodes known`, replica.logFile, 60_000, isKnown)
}

/** The sum of all series of this name that carry these labels. */
async function metric(replica: Replica, name: string, labels = ''): Promise<number | undefined> {
  const lines = (await replica.page('/metrics')).split('\n')
  const values = lines.filter(
    (line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(labels),
  )
  return values.length === 0 ? undefined : values.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

interface Renewals {
  /** How many were stored since the last call. */
  take(): number
  stop(): void
}

/** In a process of its own, so that its work is not counted as ours. */
function startRenewals(plane: ControlPlane, count: number): Renewals {
  let stored = 0
  const args = ['scripts/run.mjs', 'bench/renewals.ts', plane.url, plane.token, String(count)]
  const child = spawnMortal([process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      stored += Number(line)
    })
  }
  return {
    take() {
      const since = stored
      stored = 0
      return since
    },
    stop: () => void child.kill('SIGTERM'),
  }
}

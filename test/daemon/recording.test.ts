import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Backtest, backtest } from '../../src/backtest/backtest.ts'
import type { Config } from '../../src/config/schema/schema.ts'
import { inWorld, phase } from '../support/cluster/in-world.ts'
import { config } from '../support/cluster/replica.ts'
import type { World } from '../support/cluster/world.ts'
import { configOf } from '../support/outage/play.ts'
import { recordDirectory } from '../support/record/record-outage.ts'

const recording = (directory: string, unhealthy?: string): string =>
  config({ extra: `record: {directory: ${directory}}`, ...(unhealthy === undefined ? {} : { unhealthy }) })

async function heal(world: World, node: string): Promise<void> {
  world.machines.break(node, 'kubelet-dead')
  await world.until(`${node} is repaired`, 90_000, () => phase(world, node) === 'Succeeded')
}

/** The disk knows nothing of virtual time. */
async function inRealTime(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 500; left > 0 && !(await holds()); left--) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Once nothing more gets to the disk. */
async function written(directory: string, config: Config): Promise<Backtest> {
  let result: Backtest | undefined
  await inRealTime(async () => {
    const before = result?.lines
    if (readdirSync(directory).length > 0) result = await backtest(directory, config)
    return result !== undefined && result.lines === before
  })
  if (result === undefined) throw new Error(`${directory}: nothing was written`)
  return result
}

t.test('what two leaders wrote, played back with their policy, says the same', async (t) => {
  const directory = recordDirectory(t)
  const text = recording(directory, '5s')
  const { world, replicas, first } = await inWorld(t, { text, replicas: 2 })
  await heal(world, 'w1')
  first.kill()
  await world.until('another one leads', 30_000, () => replicas.some((one) => one.alive() && one.leading()))
  await heal(world, 'w2')
  const { differences, problems, files } = await written(directory, configOf(text))
  t.same({ differences, problems, files }, { differences: [], problems: [], files: 2 })
})

t.test('another policy acts sooner on what a leader wrote, on the same node and by the same rung', async (t) => {
  const directory = recordDirectory(t)
  const { world } = await inWorld(t, { text: recording(directory, '20s') })
  await heal(world, 'w1')
  const { differences } = await written(directory, configOf(recording(directory, '5s')))
  const [held, acted] = differences
  const node = { node: 'w1', recorded: { do: 'nothing' }, afterAct: false }
  t.match(held, { ...node, other: { do: 'hold', reason: 'Contradicted' } }, 'as long as its heartbeat is not stale')
  t.match(acted, { ...node, other: { do: 'act', rung: 'reboot-hard' } })
  const sooner = (acted?.until ?? 0) - (held?.from ?? 0)
  t.ok(Math.abs(sooner - 15_000) <= 1_000, `due ${sooner} ms sooner`)
})

t.test('only who leads writes, and from the moment at which the configuration says so', async (t) => {
  const directory = recordDirectory(t)
  const { world, replicas } = await inWorld(t, { replicas: 2 })
  await world.clock.sleep(5_000, world.signal)
  t.same(readdirSync(directory), [])
  for (const replica of replicas) t.ok(replica.configure(recording(directory)))
  await heal(world, 'w1')
  const { files, differences } = await written(directory, configOf(recording(directory)))
  t.same({ files, differences }, { files: 1, differences: [] })
  for (const replica of replicas) t.ok(replica.configure(config()))
  await world.clock.sleep(5_000, world.signal)
  const { lines } = await written(directory, configOf(config()))
  await heal(world, 'w2')
  t.equal((await written(directory, configOf(config()))).lines, lines)
})

t.test('a record that can not be written is told, and nodes are healed', async (t) => {
  const place = join(recordDirectory(t), 'a-file')
  writeFileSync(place, '')
  const { world, first } = await inWorld(t, { text: recording(place) })
  await heal(world, 'w1')
  const told = () => first.notices.filter(({ reason }) => reason.startsWith('Record'))
  await inRealTime(() => told().length > 0)
  t.match(told(), [{ level: 'warn', reason: 'RecordLost', message: /a-file: .*; healing goes on without a record/ }])
})

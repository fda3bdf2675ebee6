import { setMaxListeners } from 'node:events'
import t from 'tap'
import { none } from '../../src/cloudprovider/none.ts'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import { createSuspects } from '../../src/observer/suspects.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'
import { createMemoryLog } from '../support/memory-log.ts'
import { node } from '../support/pure/view.ts'

const { signal } = new AbortController()
setMaxListeners(0, signal)
const nobody: ReadonlySet<string> = new Set()

function scene(probeMs: number, power?: 'running' | 'off') {
  const clock = createVirtualClock()
  const probed: string[] = []
  const told: string[] = []
  const state: { broken?: string } = {}
  let busy = 0
  let most = 0
  let volumes = 0
  let forgotten = 0
  const nobodys = none.create({}, { clock, log: createMemoryLog() })
  const suspects = createSuspects({
    clock,
    tell: ({ reason, message }) => told.push(`${reason}: ${message}`),
    provider: {
      ...nobodys,
      ...(power === undefined ? {} : oneMachine(power)),
      forget: () => {
        forgotten++
      },
    },
    async probe({ name }: NodeFacts) {
      if (state.broken !== undefined) throw new Error(state.broken)
      probed.push(name)
      most = Math.max(most, ++busy)
      await clock.sleep(probeMs, signal)
      busy--
      return { status: 'fail', reason: 'Timeout', seenAt: clock.now() }
    },
    async localVolumes() {
      volumes++
      return []
    },
    twinOf: () => undefined,
    askCloud: () => true,
    intervalMs: 5_000,
  })
  return { clock, suspects, told, state, probed, most: () => most, volumes: () => volumes, forgotten: () => forgotten }
}

function oneMachine(power: 'running' | 'off'): Pick<CloudProvider, 'locate' | 'inspect'> {
  const ref = { id: 'i-1', name: 'w' }
  return {
    locate: async () => ({ found: ref }),
    inspect: async () => ({ ref, power, provenStopped: power === 'off' }),
  }
}

const fleet = Array.from({ length: 1_000 }, (_, index) => node(`w${index}`))

t.test('a whole fleet under suspicion is looked at a few at a time, each in its turn', async (t) => {
  const { clock, suspects, probed, most, volumes } = scene(1_000)
  for (let turn = 0; turn < 200; turn++) {
    suspects.tend(fleet, nobody, signal)
    await clock.advance(250)
  }
  t.equal(most(), 32)
  t.equal(new Set(probed).size, fleet.length, 'nobody is forgotten behind those that are due again')
  t.ok(volumes() <= 250, `${volumes()} lists of volumes in 50 s`)
})

t.test('who is in repair does not wait for the others', async (t) => {
  const { clock, suspects, probed } = scene(60_000)
  suspects.tend(fleet, nobody, signal)
  await clock.advance(250)
  suspects.tend(fleet, new Set(['w900']), signal)
  t.equal(probed.at(-1), 'w900')
})

t.test('local volumes are asked for once a minute, and anew before an act', async (t) => {
  const { clock, suspects, probed, volumes } = scene(10)
  const [one = node('w')] = fleet
  for (let turn = 0; turn < 80; turn++) {
    suspects.tend([one], nobody, signal)
    await clock.advance(250)
  }
  t.equal(probed.length, 4)
  t.equal(volumes(), 1)
  const looked = suspects.lookNow(one, signal)
  await clock.advance(10)
  await looked
  t.equal(volumes(), 2)
})

t.test('before an act the cloud is asked for what is read from then on', async (t) => {
  const { clock, suspects, forgotten } = scene(10)
  const [one = node('w')] = fleet
  suspects.tend([one], nobody, signal)
  await clock.advance(250)
  t.equal(forgotten(), 0)
  const looked = suspects.lookNow(one, signal)
  await clock.advance(10)
  await looked
  t.equal(forgotten(), 1)
})

t.test('a look ends with the handshake, but not for a machine that the cloud proves off', async (t) => {
  for (const [power, seenAfterMs] of [
    ['running', 3_000],
    ['off', 0],
  ] as const) {
    const { clock, suspects } = scene(3_000, power)
    let seenAt: number | undefined
    const looking = suspects.lookNow(node('w'), signal).then(() => {
      seenAt = clock.now()
    })
    await clock.advance(1)
    t.equal(suspects.get('w')?.instance?.state?.power, power === 'off' ? 'off' : undefined, power)
    await clock.advance(3_000)
    await looking
    t.equal(seenAt, seenAfterMs, power)
    t.match(suspects.get('w')?.probe, { status: 'fail' }, 'its answer is taken all the same')
    t.equal(suspects.get('w')?.instance?.state?.power, power)
  }
})

t.test('a look that fails in the same way again and again is told once, until one succeeds', async (t) => {
  const { clock, suspects, told, state } = scene(10)
  const look = async (broken?: string): Promise<void> => {
    if (broken === undefined) delete state.broken
    else state.broken = broken
    suspects.tend([node('w')], nobody, signal)
    await clock.advance(5_000)
  }
  for (const broken of ['a', 'a', 'b', 'b', undefined, 'b']) await look(broken)
  t.same(told, ['LookFailed: w: a', 'LookFailed: w: b', 'LookFailed: w: b'])
})

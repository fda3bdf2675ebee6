import t from 'tap'
import { untilAborted } from '../../src/lib/abort.ts'
import { systemClock as clock } from '../../src/lib/clock.ts'
import { type Loop, supervise } from '../../src/lib/supervise.ts'

function scene() {
  const said: string[] = []
  const onFailure = (error: Error, restarted: boolean): void => void said.push(`${error.message} ${restarted}`)
  const loop = (name: string, change: Partial<Loop> = {}): Loop => ({
    name,
    async run(signal) {
      await untilAborted(signal)
      await clock.sleep(5, new AbortController().signal)
      said.push(`${name} ended`)
    },
    ...change,
  })
  return { said, loop, options: { clock, onFailure } }
}

t.test('an abort ends the last stage first, and each stage is awaited', async (t) => {
  const { said, loop, options } = scene()
  const stop = new AbortController()
  const running = supervise([[loop('eyes'), loop('ears')], [loop('hands')]], options, stop.signal)
  stop.abort()
  await running
  t.same(said, ['hands ended', 'eyes ended', 'ears ended'])
})

t.test('the first loop that fails ends all others in that order, and is thrown with its reason', async (t) => {
  const { said, loop, options } = scene()
  const ears = loop('ears', { run: () => Promise.reject(new Error('too loud')) })
  const running = supervise([[loop('eyes'), ears], [loop('hands')]], options, new AbortController().signal)
  await t.rejects(running, {
    name: 'LoopError',
    loop: 'ears',
    message: 'ears: too loud',
    cause: { message: 'too loud' },
  })
  t.same(said, ['ears: too loud false', 'hands ended', 'eyes ended'])
})

t.test('a loop that ends without being asked to has failed', async (t) => {
  const { loop, options } = scene()
  const running = supervise([[loop('eyes', { run: async () => 1 })]], options, new AbortController().signal)
  await t.rejects(running, { message: 'eyes: ended though nobody asked it to' })
})

t.test('what a loop throws because it was ended is no failure', async (t) => {
  const { said, loop, options } = scene()
  const stop = new AbortController()
  const run = async (signal: AbortSignal): Promise<void> => {
    await untilAborted(signal)
    signal.throwIfAborted()
  }
  const running = supervise([[loop('eyes', { run })]], options, stop.signal)
  stop.abort()
  await running
  t.same(said, [])
})

t.test('a loop that may be restarted begins again and ends nobody', async (t) => {
  const { said, loop, options } = scene()
  const stop = new AbortController()
  let runs = 0
  const run = async (signal: AbortSignal): Promise<void> => {
    if (++runs < 3) throw new Error(`run ${runs}`)
    stop.abort()
    await untilAborted(signal)
  }
  await supervise([[loop('file', { run, restartAfterMs: 1 }), loop('eyes')]], options, stop.signal)
  t.equal(runs, 3)
  t.same(said, ['file: run 1 true', 'file: run 2 true', 'eyes ended'])
})

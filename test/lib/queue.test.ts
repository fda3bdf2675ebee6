import t from 'tap'
import { systemClock } from '../../src/lib/clock.ts'
import { createQueue } from '../../src/lib/queue.ts'

t.test('jobs run one after the other, and one that fails does not stop the next', async (t) => {
  const inTurn = createQueue()
  const said: string[] = []
  const job = (name: string, ms: number) => async (): Promise<string> => {
    said.push(`${name} begins`)
    await systemClock.sleep(ms, new AbortController().signal)
    said.push(`${name} ends`)
    if (name === 'b') throw new Error('b failed')
    return name
  }
  const [a, b, c] = [inTurn(job('a', 10)), inTurn(job('b', 1)), inTurn(job('c', 0))]
  await t.rejects(b, { message: 'b failed' })
  t.same([await a, await c], ['a', 'c'])
  t.same(said, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
})

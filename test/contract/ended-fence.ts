import type { Test } from 'tap'
import type { Order } from '../../src/core/model/order.ts'
import type { Json } from '../../src/core/model/primitives.ts'
import type { CloudFixture } from './cloud-provider.ts'

export const MOST_STEPS = 200

/** Before each step of a rung the same step, too late: it sends nothing, and the rung ends as if it had not been. */
export async function testEndedFence(t: Test, cloud: CloudFixture, order: Order): Promise<void> {
  const never = new AbortController().signal
  const ended = { ...order, notAfter: Number.NEGATIVE_INFINITY }
  let cursor: Json | undefined
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const late = await cloud.provider().step([ended], cursor, never)
    if (late.state === 'failed')
      t.match([cursor, late.effect], [undefined, 'none'], 'only a first act is proven not sent')
    t.same(await cloud.mutations(), [])
    const due = await cloud.provider().step([order], cursor, never)
    await cloud.mutations()
    if (due.state !== 'running') return void t.equal(due.state, 'done')
    cursor = due.cursor
    await cloud.sleep(due.againMs)
  }
  t.fail('no end')
}

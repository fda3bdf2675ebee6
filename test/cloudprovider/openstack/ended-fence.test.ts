import t from 'tap'
import type { StepResult } from '../../../src/core/model/order.ts'
import type { Json } from '../../../src/core/model/primitives.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import { Stage } from '../../support/openstack/openstack-drive.ts'

const never = new AbortController().signal
const FENCE_MS = 3_000
/** Keystone takes longer than a fence lasts. */
const LOGIN_MS = 5_000
/** From here on something stands that can be taken back. */
const HALF_WAY = 2

/** A rung to its end, or half-way and back, where the token is refused at request `index`; what was sent after its fence. */
async function run(rung: RungName, index: number, back: boolean): Promise<{ readonly late: string[]; count: number }> {
  const stage = new Stage()
  const server = stage.cloud.servers('node')[0]!
  if (rung === 'start') Object.assign(server, { status: 'SHUTOFF', power: 4 })
  const order = await stage.order(server, rung)
  const provider = stage.provider()
  await provider.inspect(order.instance, never)
  let fence = Number.POSITIVE_INFINITY
  let count = 0
  const late: string[] = []
  stage.cloud.trouble = ({ service, method, path }) => {
    if (service === 'keystone') stage.advance(LOGIN_MS)
    else if (count++ === index) stage.cloud.tokens.clear()
    else if (method !== 'GET' && stage.clock.now() >= fence) late.push(`${method} ${path}`)
    return undefined
  }
  let cursor: Json | undefined
  for (let calls = 0; calls < 100; calls++) {
    fence = stage.clock.now() + FENCE_MS
    const due = [{ ...order, notAfter: fence }]
    const isBack = back && calls >= HALF_WAY
    const result: StepResult = await (isBack ? provider.abandon : provider.step)(due, cursor, never)
    if (result.state === 'done') return { late, count }
    const isUnsent = result.state === 'failed' && result.effect === 'none' && cursor === undefined
    if (result.state === 'failed' && !isUnsent) throw new Error(`${rung}, ${index}: ${result.reason}`)
    if (result.state === 'running') cursor = result.cursor
    await stage.clock.sleep(result.state === 'running' ? result.againMs : 1_000)
  }
  throw new Error(`${rung}, ${index}: no end, at ${JSON.stringify(cursor)}`)
}

for (const rung of ['start', 'reboot-soft', 'reboot-hard', 'replace'] satisfies RungName[]) {
  for (const back of rung === 'replace' ? [false, true] : [false]) {
    t.test(
      `${rung}${back ? ', taken back' : ''}: nothing is sent after its fence, whenever heald must log in anew`,
      async (t) => {
        const { count } = await run(rung, -1, back)
        t.ok(count >= 3, `${count} requests`)
        for (let index = 0; index < count; index++) {
          const { late } = await run(rung, index, back)
          t.same(late, [], `request ${index}`)
        }
      },
    )
  }
}

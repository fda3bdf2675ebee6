import type { Order, StepResult } from '../../../src/core/model/order.ts'
import type { Json } from '../../../src/core/model/primitives.ts'
import type { RungName, RungPlan } from '../../../src/core/model/rungs.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { keepLog, OpenStackCloud } from './openstack-cloud.ts'
import type { FakeServer } from './openstack-nova.ts'

const never = new AbortController().signal

/** A cloud, its clock and the one who leads: stores the cursor, steps, waits as he is told. */
export class Stage {
  readonly cloud = new OpenStackCloud()
  readonly kept = keepLog()
  more: object
  #time = Date.now()
  readonly clock = {
    now: () => this.#time,
    wall: () => this.#time,
    sleep: async (ms: number) => {
      this.#time += ms
      this.cloud.tick()
    },
  }

  constructor(more: object = {}) {
    this.more = more
    this.cloud.now = () => this.clock.now()
  }

  advance(ms: number): void {
    this.#time += ms
  }

  provider(): CloudProvider {
    return this.cloud.provider(this.more, { clock: this.clock, log: this.kept.log })
  }

  async order(server: FakeServer, rung: RungName): Promise<Order> {
    const provider = this.provider()
    const located = await provider.locate(this.cloud.node(server), never)
    if (!('found' in located)) throw new Error(JSON.stringify(located))
    const { bootMark } = await provider.inspect(located.found, never)
    const mark = bootMark === undefined ? {} : { bootMark }
    const repair = `${server.name}-repair`
    return { rung, repair, nodeName: server.name, nodeUID: 'uid', instance: located.found, key: `${repair}/1`, ...mark }
  }

  async plan(server: FakeServer, rung: RungName): Promise<RungPlan | undefined> {
    const provider = this.provider()
    const located = await provider.locate(this.cloud.node(server), never)
    if (!('found' in located)) throw new Error(JSON.stringify(located))
    return provider.plan(await provider.inspect(located.found, never)).find((plan) => plan.rung === rung)
  }

  /** Steps to the end; `before` is told the cursor of each step. */
  async drive(
    orders: readonly Order[],
    before: (cursor: Json | undefined) => void = () => undefined,
  ): Promise<StepResult> {
    let cursor: Json | undefined
    for (let steps = 0; steps < 100; steps++) {
      before(cursor)
      const result = await this.provider().step(orders, cursor, never)
      if (result.state !== 'running') return result
      cursor = JSON.parse(JSON.stringify(result.cursor)) as Json
      await this.clock.sleep(result.againMs)
    }
    throw new Error(`no end, at ${JSON.stringify(cursor)}`)
  }

  async abandon(orders: readonly Order[], from: Json | undefined): Promise<StepResult> {
    let cursor = from
    for (let steps = 0; steps < 100; steps++) {
      const result = await this.provider().abandon(orders, cursor, never)
      if (result.state !== 'running') return result
      cursor = result.cursor
      await this.clock.sleep(result.againMs)
    }
    throw new Error(`no end, at ${JSON.stringify(cursor)}`)
  }
}

export function at(cursor: Json | undefined): string {
  return typeof cursor === 'object' && cursor !== null && 'at' in cursor ? String(cursor.at) : ''
}

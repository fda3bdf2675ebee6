import type { Order } from '../../core/model/order.ts'
import { type CloudProvider, ProviderError } from '../../core/ports/cloud-provider.ts'
import { defineProvider } from '../contract/define.ts'
import { captureMachine } from './capture.ts'
import { createEngine } from './engine.ts'
import { locateMachine, planMachine, readOwn, stateOf } from './machine.ts'
import { createReboot } from './reboot.ts'
import { createReplace } from './replace.ts'
import { DockerOptions } from './schema.ts'
import { abandonOf, recoverOf, type Sequence, stepOf } from './sequence.ts'
import { createStart, type Tools } from './start.ts'

/** Nodes that are containers of a Docker engine, labelled as kind labels them. */
export const docker = defineProvider({
  schema: DockerOptions,
  create(options, { clock, log }): CloudProvider {
    const engine = createEngine(options.socket, log)
    const tools: Tools = { engine, options, clock }
    const rungs = new Map<string, Runner>([
      ['start', runnerOf(createStart(tools))],
      ['reboot-hard', runnerOf(createReboot(tools))],
      ['replace', runnerOf(createReplace(tools))],
    ])
    const run = (orders: readonly Order[]): Bound => {
      const [order, ...others] = orders
      // No plan carries a batchKey, so nobody may send two.
      if (order === undefined || others.length > 0) {
        throw new ProviderError('invalid', 'none', `docker: ${orders.length} orders in one step: one at a time`)
      }
      const runner = rungs.get(order.rung)
      if (runner === undefined) throw new ProviderError('unsupported', 'none', `docker: ${order.rung}: no such rung`)
      return { order, runner }
    }
    return {
      name: 'docker',
      locate: (node, signal) => locateMachine(engine, options.cluster, node, signal),
      async inspect(instance, signal) {
        const container = await readOwn(engine, options.cluster, instance, signal)
        if (container !== undefined) return stateOf(container)
        throw new ProviderError('not-found', 'none', `docker: container ${instance.name} (${instance.id}) is gone`)
      },
      plan: planMachine,
      capture: (instance, signal) => captureMachine(tools, instance, signal),
      async step(orders, cursor, signal) {
        const { order, runner } = run(orders)
        return runner.step(order, cursor, signal)
      },
      async recover(orders, cursor, signal) {
        const { order, runner } = run(orders)
        return runner.recover(order, cursor, signal)
      },
      async abandon(orders, cursor, signal) {
        const { order, runner } = run(orders)
        return runner.abandon(order, cursor, signal)
      },
    }
  },
})

type Run = (
  order: Order,
  cursor: Parameters<CloudProvider['step']>[1],
  signal: AbortSignal,
) => ReturnType<CloudProvider['step']>

interface Runner {
  readonly step: Run
  readonly recover: Run
  readonly abandon: Run
}

interface Bound {
  readonly order: Order
  readonly runner: Runner
}

function runnerOf<World>(sequence: Sequence<World>): Runner {
  return {
    step: (order, cursor, signal) => stepOf(sequence, order, cursor, signal),
    recover: (order, cursor, signal) => recoverOf(sequence, order, cursor, signal),
    abandon: (order, cursor, signal) => abandonOf(sequence, order, cursor, signal),
  }
}

import type { Order, StepResult } from '../../../core/model/order.ts'
import { failed, type Sequence } from '../../contract/sequence.ts'
import type { Server } from '../schema/answers.ts'
import type { Nova } from '../services/nova.ts'
import { isStuck, readOwn, taskOf } from '../survey/server.ts'
import { type Act, type Cursor, done, wait } from './cursor.ts'

interface World {
  readonly server: Server | undefined
  readonly bootMark: string | undefined
  readonly stuck: boolean
}

type BootRung = 'start' | 'reboot-soft' | 'reboot-hard'

/** start and both reboots: one request, then waiting until Nova has begun and ended a new run. */
export function createBoot(nova: Nova, rung: BootRung): Sequence<Cursor, World, Order> {
  return {
    async read(order, _cursor, signal) {
      const [server, bootMark] = await Promise.all([
        readOwn(nova, order.instance, signal),
        nova.bootMark(order.instance.id, signal),
      ])
      return { server, bootMark, stuck: server !== undefined && isStuck(nova, server) }
    },
    look,
    async perform(_act, _world, { instance: { id } }, signal) {
      if (rung === 'start') await nova.start(id, signal)
      else await nova.reboot(id, rung === 'reboot-soft' ? 'SOFT' : 'HARD', signal)
      return undefined
    },
    undo: ({ server, stuck }, _order, cursor) =>
      server !== undefined && cursor !== undefined && taskOf(server) !== undefined && !stuck ? wait(cursor) : done(),
  }

  function look({ server, bootMark }: World, order: Order, cursor: Cursor | undefined): Act | StepResult {
    const effect = cursor === undefined ? 'none' : 'maybe'
    if (server === undefined) return failed('InstanceGone', effect)
    const act: Act = { act: { at: rung }, first: 'now' }
    const task = taskOf(server)
    const renewed = bootMark !== order.bootMark
    // Whoever began it: a reboot under way is what was wanted. One that hangs may be overridden by a hard one.
    if (task !== undefined) return rung === 'reboot-hard' && !renewed && cursor === undefined ? act : wait(cursor)
    if (server.status === 'ACTIVE') return renewed || rung === 'start' ? done() : act
    if (server.status === 'SHUTOFF') {
      if (renewed) return failed('StoppedAgain', effect)
      return rung === 'start' ? act : failed('ShutOff', effect)
    }
    if (renewed) return failed(`Became${capital(server.status)}`, effect)
    if (rung === 'reboot-hard' && HARD.has(server.status)) return act
    return failed(`Is${capital(server.status)}`, effect)
  }
}

const HARD: ReadonlySet<string> = new Set(['ERROR', 'PAUSED', 'SUSPENDED'])

function capital(status: string): string {
  return status.slice(0, 1) + status.slice(1).toLowerCase()
}

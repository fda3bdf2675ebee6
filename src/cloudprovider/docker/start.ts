import type { Clock } from '../../core/ports/clock.ts'
import { failed } from '../contract/sequence.ts'
import { type Sequence, wait } from './cursor.ts'
import type { Engine } from './engine.ts'
import { isRenewed, powerOf, readOwn } from './machine.ts'
import type { Container, DockerOptions } from './schema.ts'

/** What every sequence works with. */
export interface Tools {
  readonly engine: Engine
  readonly options: DockerOptions
  readonly clock: Clock
}

/** Switches a machine on that is off, wakes one that is paused. */
export function createStart({ engine, options }: Tools): Sequence<Container | undefined> {
  return {
    read: (order, _cursor, signal) => readOwn(engine, options.cluster, order.instance, signal),
    look(container, order, cursor) {
      const effect = cursor === undefined ? 'none' : 'maybe'
      if (container === undefined) return failed('InstanceGone', effect)
      const power = powerOf(container)
      if (power === 'running') return { state: 'done' }
      if (power === 'moving') return wait({ at: 'wait' })
      if (power === 'paused') return { act: { at: 'unpause' }, first: 'now' }
      if (power !== 'off') return failed('NotStartable', effect)
      // Somebody started it since, and it is off again: what was ordered is no longer what stands there.
      if (isRenewed(container, order.bootMark))
        return failed(cursor === undefined ? 'InstanceChanged' : 'ExitedAgain', effect)
      return { act: { at: 'start' }, first: 'now' }
    },
    async perform(act, _container, order, signal) {
      await engine.change({ method: 'POST', path: `/containers/${order.instance.id}/${act.at}` }, signal)
      return undefined
    },
    undo: () => ({ state: 'done' }),
  }
}

import { failed } from '../contract/sequence.ts'
import { type Sequence, wait } from './cursor.ts'
import { isRenewed, powerOf, readOwn } from './machine.ts'
import type { Container } from './schema.ts'
import type { Tools } from './start.ts'

/** Beyond the stop time: what the engine may need to kill, unmount and start. */
export const SLACK_MS = 20_000

/**
 * One `restart`, which the engine carries to its end even when we die. Where that can't work (a frozen machine) or did
 * not (still the old run when it should be over): kill, then start.
 */
export function createReboot({ engine, options, clock }: Tools): Sequence<Container | undefined> {
  const seconds = Math.ceil(options.stopTimeout / 1_000)
  return {
    read: (order, _cursor, signal) => readOwn(engine, options.cluster, order.instance, signal),
    look(container, order, cursor) {
      const effect = cursor === undefined ? 'none' : 'maybe'
      if (container === undefined) return failed('InstanceGone', effect)
      // Without it no later look could tell the old run from the new one.
      if (order.bootMark === undefined) return failed('NoBootMark', effect)
      const power = powerOf(container)
      if (power === 'error' || power === 'unknown') return failed('NotStartable', effect)
      if (isRenewed(container, order.bootMark)) {
        if (power === 'running') return { state: 'done' }
        return power === 'moving' ? wait({ at: 'settle' }) : failed('ExitedAgain', 'maybe')
      }
      if (cursor?.at === 'settle' && clock.wall() < (cursor.by ?? 0)) return wait(cursor)
      if (power === 'off') return { act: { at: 'start' } }
      if (cursor === undefined) return { act: { at: power === 'running' ? 'restart' : 'kill' }, first: 'now' }
      return cursor.at === 'start' ? wait(cursor) : { act: { at: 'kill' } }
    },
    async perform(act, _container, order, signal) {
      const path = `/containers/${order.instance.id}/${act.at}`
      const query: Record<string, string | number> =
        act.at === 'restart' ? { t: seconds } : act.at === 'kill' ? { signal: 'KILL' } : {}
      await engine.change({ method: 'POST', path, query }, signal)
      // A machine that is off in the middle of the engine's own restart must not be taken for one that stays off.
      return act.at === 'restart'
        ? { at: 'settle', by: clock.wall() + options.stopTimeout + SLACK_MS }
        : { at: 'start' }
    },
    undo(container, order) {
      const isOff = container !== undefined && powerOf(container) === 'off'
      return isOff && !isRenewed(container, order.bootMark) ? { act: { at: 'start' } } : { state: 'done' }
    },
  }
}

import type { Millis } from '../../core/model/primitives.ts'
import type { Stall, Stalls } from '../../core/ports/stalls.ts'

/** Nobody asks about an older one: no source may be out of sight for that long. */
const REMEMBERED = 200

/** Stalls as they are told, by whoever knows of them. */
export function createStallList(): Pick<Stalls, 'since' | 'onStall'> & { add(stall: Stall): void } {
  let stalls: readonly Stall[] = []
  const listeners: ((stall: Stall) => void)[] = []
  return {
    add(stall) {
      stalls = [...stalls.slice(1 - REMEMBERED), stall]
      for (const listener of listeners) listener(stall)
    },
    since(at) {
      let ms: Millis = 0
      for (let index = stalls.length - 1; index >= 0; index--) {
        const { from, until } = stalls[index] as Stall
        if (until <= at) break
        ms += until - Math.max(from, at)
      }
      return ms
    },
    onStall: (listener) => {
      listeners.push(listener)
    },
  }
}

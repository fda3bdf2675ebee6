import type { Millis } from '../../core/model/primitives.ts'

/** What is to come, in the order of its time; of two at the same moment the one that was added first is first. */
export interface Timeline<T> {
  readonly size: number
  first(): T | undefined
  /** When the first is due; infinite when there is none. */
  firstAt(): Millis
  add(at: Millis, item: T): void
  takeFirst(): T | undefined
  /** Drops all for which `keep` says no. */
  retain(keep: (item: T) => boolean): void
}

/** Of each entry in the heap. With four instead of two, half as many entries are moved. */
const CHILDREN = 4
const FIRST_ROOM = 64

/**
 * A heap of numbers alone: moving objects costs more than all the rest, since the garbage collector must hear of each
 * move. An item stays in its slot; what moves are its time, its order and the number of that slot.
 */
export function createTimeline<T>(): Timeline<T> {
  let times = new Float64Array(FIRST_ROOM)
  let orders = new Float64Array(FIRST_ROOM)
  /** Behind the last entry stand the slots that are free. */
  let slots = Uint32Array.from(times, (_, index) => index)
  let items: (T | undefined)[] = []
  let size = 0
  let added = 0

  function widen(): void {
    const [oldTimes, oldOrders, oldSlots] = [times, orders, slots]
    times = new Float64Array(2 * size)
    orders = new Float64Array(2 * size)
    slots = Uint32Array.from(times, (_, index) => index)
    times.set(oldTimes)
    orders.set(oldOrders)
    slots.set(oldSlots)
  }

  function move(from: number, to: number): void {
    times[to] = times[from] as number
    orders[to] = orders[from] as number
    slots[to] = slots[from] as number
  }

  /** Is (at, order) before the entry there? */
  function isBefore(at: number, order: number, index: number): boolean {
    const other = times[index] as number
    return at < other || (at === other && order < (orders[index] as number))
  }

  /** Puts an entry where it belongs between the gap at `index` and the root. */
  function rise(index: number, at: number, order: number, slot: number): void {
    let gap = index
    while (gap > 0) {
      const parent = (gap - 1) >> 2
      if (!isBefore(at, order, parent)) break
      move(parent, gap)
      gap = parent
    }
    times[gap] = at
    orders[gap] = order
    slots[gap] = slot
  }

  /** Moves the gap at the root down to a leaf. What fills it comes from the end of the heap and seldom rises far. */
  function sinkGap(): number {
    let gap = 0
    for (let child = 1; child < size; child = gap * CHILDREN + 1) {
      let least = child
      const end = Math.min(child + CHILDREN, size)
      for (let other = child + 1; other < end; other++) {
        if (isBefore(times[other] as number, orders[other] as number, least)) least = other
      }
      move(least, gap)
      gap = least
    }
    return gap
  }

  function insert(at: number, order: number, item: T): void {
    if (size === slots.length) widen()
    const slot = slots[size] as number
    items[slot] = item
    rise(size++, at, order, slot)
  }

  return {
    get size() {
      return size
    },
    first: () => (size === 0 ? undefined : items[slots[0] as number]),
    firstAt: () => (size === 0 ? Number.POSITIVE_INFINITY : (times[0] as number)),
    add: (at, item) => insert(at, added++, item),
    takeFirst() {
      if (size === 0) return undefined
      const slot = slots[0] as number
      const first = items[slot]
      items[slot] = undefined
      size--
      // No list of the three: this is what a simulation does most.
      const at = times[size] as number
      const order = orders[size] as number
      const last = slots[size] as number
      if (size > 0) rise(sinkGap(), at, order, last)
      slots[size] = slot
      return first
    },
    retain(keep) {
      const kept = Array.from({ length: size }, (_, index) => ({
        at: times[index] as number,
        order: orders[index] as number,
        item: items[slots[index] as number] as T,
      })).filter(({ item }) => keep(item))
      items = []
      size = 0
      for (const { at, order, item } of kept) insert(at, order, item)
    },
  }
}

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

/** A heap. Times and order lie in arrays of numbers of their own: comparing objects costs more than all the rest. */
export function createTimeline<T>(): Timeline<T> {
  let times: number[] = []
  let orders: number[] = []
  let items: T[] = []
  let added = 0

  function put(index: number, at: number, order: number, item: T): void {
    times[index] = at
    orders[index] = order
    items[index] = item
  }

  function move(from: number, to: number): void {
    put(to, times[from] as number, orders[from] as number, items[from] as T)
  }

  /** Is (at, order) before the entry there? */
  function isBefore(at: number, order: number, index: number): boolean {
    const other = times[index] as number
    return at < other || (at === other && order < (orders[index] as number))
  }

  function insert(at: number, order: number, item: T): void {
    let index = items.length
    while (index > 0) {
      const parent = Math.floor((index - 1) / CHILDREN)
      if (!isBefore(at, order, parent)) break
      move(parent, index)
      index = parent
    }
    put(index, at, order, item)
  }

  function sink(at: number, order: number, item: T): void {
    const { length } = items
    let index = 0
    for (let child = 1; child < length; child = index * CHILDREN + 1) {
      let least = child
      const end = Math.min(child + CHILDREN, length)
      for (let other = child + 1; other < end; other++) {
        if (isBefore(times[other] as number, orders[other] as number, least)) least = other
      }
      if (isBefore(at, order, least)) break
      move(least, index)
      index = least
    }
    put(index, at, order, item)
  }

  return {
    get size() {
      return items.length
    },
    first: () => items[0],
    firstAt: () => times[0] ?? Number.POSITIVE_INFINITY,
    add: (at, item) => insert(at, added++, item),
    takeFirst() {
      const first = items[0]
      const [at, order, last] = [times.pop(), orders.pop(), items.pop()]
      if (at !== undefined && order !== undefined && items.length > 0) sink(at, order, last as T)
      return first
    },
    retain(keep) {
      const before = { times, orders, items }
      times = []
      orders = []
      items = []
      for (const [index, item] of before.items.entries()) {
        if (keep(item)) insert(before.times[index] as number, before.orders[index] as number, item)
      }
    },
  }
}

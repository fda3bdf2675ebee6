import type { Heartbeat } from '../model/node.ts'
import type { Millis } from '../model/primitives.ts'

/** A live, narrow copy of one kind of object, kept by list and watch. */
export interface Watched<T> {
  readonly items: ReadonlyMap<string, T>
  /** Complete and alive at this monotonic moment (last list, event or bookmark); undefined before the first list. */
  readonly seenAt: Millis | undefined
  /** How often the API server's state went back to an older one, as after etcd was restored from a backup. Absent: never. */
  readonly rewinds?: number
  /** Called after `items` changed: `after` undefined = deleted. */
  onChange(listener: (key: string, after: T | undefined, before: T | undefined) => void): void
  /** Folds the reply to one of our own writes in, unless the copy is already newer. */
  applyWrite(key: string, item: T | undefined): void
  /** Lists and watches until aborted; survives everything else. */
  run(signal: AbortSignal): Promise<void>
}

/** Polled heartbeats of all nodes. Ages count from when our own clock last saw a record change. */
export interface Heartbeats {
  readonly items: ReadonlyMap<string, Heartbeat>
  /** Monotonic time of the last complete answer. */
  readonly seenAt: Millis | undefined
  onChange(listener: () => void): void
  /** Folds in what a single read has just told. */
  applyRead(node: string, renewTime: string): void
  run(signal: AbortSignal): Promise<void>
}

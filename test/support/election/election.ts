import type { Clock } from '../../../src/core/ports/clock.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import type { LeaseApi, LeaseFields, LeaseRecord } from '../../../src/kube/lease.ts'
import { microTime } from '../../../src/lib/pure/rfc3339.ts'

/** Virtual time shared by everything in one election. */
export interface World {
  now(): number
  /** `owner`: a process that must be awake for it to happen. */
  schedule(inMs: number, run: () => void, owner?: Sleeper): void
  /** Lets everything happen up to this moment. */
  runTo(ms: number): Promise<void>
}

interface Sleeper {
  frozenUntil: number
}

export function createWorld(): World {
  let time = 0
  let order = 0
  const queue: { at: number; order: number; run: () => void; owner: Sleeper | undefined }[] = []

  return {
    now: () => time,
    schedule(inMs, run, owner) {
      queue.push({ at: time + Math.max(0, inMs), order: order++, run, owner })
    },
    async runTo(ms) {
      await settle()
      for (;;) {
        queue.sort((a, b) => a.at - b.at || a.order - b.order)
        const next = queue[0]
        if (next === undefined || next.at > ms) break
        queue.shift()
        time = Math.max(time, next.at)
        if (next.owner !== undefined && next.owner.frozenUntil > time) {
          // After a thaw the youngest goes first: the elector's own timers must not be what saves us.
          queue.push({ ...next, at: next.owner.frozenUntil, order: -next.order })
          continue
        }
        next.run()
        await settle()
      }
      time = ms
    },
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The API server's side: Leases with optimistic locking. */
export class LeaseStore {
  stored: LeaseRecord | undefined
  writes = 0
  #version = 0

  get(): LeaseRecord | undefined {
    return this.stored
  }

  create(fields: LeaseFields): LeaseRecord | 'conflict' {
    if (this.stored !== undefined) return 'conflict'
    return this.put(fields)
  }

  update(fields: LeaseFields, at: LeaseRecord): LeaseRecord | 'conflict' | 'gone' {
    if (this.stored === undefined) return 'gone'
    if (this.stored.resourceVersion !== at.resourceVersion) return 'conflict'
    return this.put(fields)
  }

  /** As somebody with kubectl would. */
  put(fields: LeaseFields): LeaseRecord {
    this.writes++
    this.#version++
    this.stored = {
      holder: fields.holder,
      transitions: fields.transitions,
      renewTime: microTime(fields.renewedAt),
      acquireTime: microTime(fields.acquiredAt),
      leaseDurationSeconds: fields.leaseDurationSeconds,
      resourceVersion: String(this.#version),
      metadata: {},
    }
    return this.stored
  }

  remove(): void {
    this.stored = undefined
  }

  /** A label was changed: the record stays, the resourceVersion does not. */
  touch(): void {
    this.#version++
    if (this.stored !== undefined) this.stored = { ...this.stored, resourceVersion: String(this.#version) }
  }
}

export interface Hop {
  readonly toMs: number
  readonly backMs: number
  readonly lose?: 'request' | 'answer'
}

const FAST: Hop = { toMs: 1, backMs: 1 }

/** A process with a clock of its own, which can be frozen, cut off from the network, and killed (frozen for good). */
export interface Process extends Sleeper {
  readonly name: string
  readonly clock: Clock
  readonly notices: Notice[]
  readonly requests: { readonly at: number; readonly lease: string; readonly verb: string }[]
  readonly reasons: () => string[]
  /** What becomes of the next request; called once per request. */
  hop: () => Hop
  /** Requests sent before this moment are lost. */
  cutUntil: number
  /** The API server answers, and the answer is an error. */
  failing: boolean
  freeze(ms: number): void
  connect(store: LeaseStore, name: string): LeaseApi
}

export function createProcess(
  world: World,
  name: string,
  drift: { offset: number; rate: number } = { offset: 0, rate: 1 },
): Process {
  const process: Process = {
    name,
    frozenUntil: 0,
    cutUntil: 0,
    failing: false,
    hop: () => FAST,
    notices: [],
    requests: [],
    reasons: () => process.notices.map((notice) => notice.reason),
    freeze(ms) {
      process.frozenUntil = Math.max(process.frozenUntil, world.now() + ms)
    },
    clock: {
      now: () => drift.offset + world.now() * drift.rate,
      wall: () => 1_700_000_000_000 + world.now(),
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason)
          const stop = (): void => reject(signal.reason)
          signal.addEventListener('abort', stop, { once: true })
          const wake = (): void => {
            signal.removeEventListener('abort', stop)
            resolve()
          }
          world.schedule(ms / drift.rate, wake, process)
        }),
    },
    connect(store, lease) {
      function call<T>(verb: string, apply: () => T): Promise<T> {
        process.requests.push({ at: world.now(), lease, verb })
        const cut = world.now() < process.cutUntil
        const { toMs, backMs, lose } = process.hop()
        return new Promise((resolve, reject) => {
          if (cut || lose === 'request') return
          world.schedule(toMs, () => {
            const fails = process.failing
            const answer = fails ? undefined : apply()
            if (lose === 'answer') return
            const reply = (): void => (fails ? reject(new Error('etcdserver: no leader')) : resolve(answer as T))
            world.schedule(backMs, reply, process)
          })
        })
      }
      return {
        name: lease,
        get: () => call('get', () => store.get()),
        create: (fields) => call('create', () => store.create(fields)),
        update: (fields, at) => call('update', () => store.update(fields, at)),
      }
    },
  }
  return process
}

import type { Heartbeat } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Log } from '../../core/ports/log.ts'
import type { Heartbeats } from '../../core/ports/watched.ts'
import { asError } from '../../lib/errors.ts'
import { KubeError, type KubeHttp } from '../client/http.ts'
import { NODE_LEASES } from '../client/paths.ts'
import { createItemSplitter } from './json-items.ts'
import { type ScannedLease, scanLease } from './lease-scan.ts'
import { unlessSilent } from './unless-silent.ts'
import { orBadAnswer } from './watch-event.ts'

/** `0` = from the API server's cache: a full answer costs it a fifth of what a watch of all renewals does. */
const QUERY = { resourceVersion: '0' }
const INTERVAL_MS = 5_000
const SILENCE_MS = 10_000

export interface HeartbeatOptions {
  readonly http: KubeHttp
  readonly clock: Clock
  readonly log: Log
  /** From the beginning of one question to that of the next; 5 s. */
  readonly intervalMs?: Millis
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Only whole answers count: one that is cut short, refused or silent changes nothing. */
export function createHeartbeats(options: HeartbeatOptions): Heartbeats {
  const { http, clock, log, intervalMs = INTERVAL_MS } = options
  const items = new Map<string, Writable<Heartbeat>>()
  const listeners: (() => void)[] = []
  /** In which answer a lease stood last. */
  const answers = new Map<string, number>()
  let answer = 0
  let seenAt: Millis | undefined
  let failures = 0

  /** Keeps only what is new: names and times of a whole fleet, held until the end, would cost more than all the rest. */
  async function ask(signal: AbortSignal, alive: () => void): Promise<readonly ScannedLease[]> {
    const renewed: ScannedLease[] = []
    answer++
    const splitter = createItemSplitter((json) => {
      const lease = scanLease(json)
      if (lease === undefined) return
      answers.set(lease.name, answer)
      if (items.get(lease.name)?.renewTime !== lease.renewTime) renewed.push(lease)
    })
    const stream = await http.stream({ method: 'GET', path: NODE_LEASES, query: QUERY }, signal)
    for await (const chunk of stream) {
      alive()
      orBadAnswer(NODE_LEASES, () => splitter.push(chunk))
    }
    orBadAnswer(NODE_LEASES, () => splitter.end())
    return renewed
  }

  function fold(name: string, renewTime: string): void {
    const known = items.get(name)
    if (known === undefined) items.set(name, { renewTime, changedAt: clock.now() })
    else if (known.renewTime !== renewTime) {
      // In place: a new object for each of 1,500 renewals a second is old before it is garbage.
      known.renewTime = renewTime
      known.changedAt = clock.now()
    }
  }

  function apply(renewed: readonly ScannedLease[]): void {
    const now = clock.now()
    for (const [name, last] of answers) {
      if (last === answer) continue
      answers.delete(name)
      items.delete(name)
    }
    for (const { name, renewTime } of renewed) fold(name, renewTime)
    seenAt = now
    if (failures > 0) log.info({ failures }, 'heartbeats are back')
    failures = 0
    for (const listener of listeners) listener()
  }

  function failed(thrown: unknown): Millis {
    const error = asError(thrown)
    const fields = { failures, error: error.message }
    if (failures === 0) log.warn(fields, 'heartbeats failed')
    else log.debug(fields, 'heartbeats failed again')
    failures++
    return error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0
  }

  async function round(signal: AbortSignal): Promise<void> {
    const startedAt = clock.now()
    let atLeast: Millis = 0
    try {
      apply(await unlessSilent(`LIST ${NODE_LEASES}`, { clock, limitMs: SILENCE_MS }, ask, signal))
    } catch (thrown) {
      signal.throwIfAborted()
      atLeast = failed(thrown)
    }
    await clock.sleep(Math.max(startedAt + intervalMs - clock.now(), atLeast, 0), signal)
  }

  return {
    items,
    get seenAt() {
      return seenAt
    },
    onChange(listener) {
      listeners.push(listener)
    },
    applyRead(name, renewTime) {
      answers.set(name, answer)
      fold(name, renewTime)
    },
    async run(signal) {
      try {
        for (;;) await round(signal)
      } catch (thrown) {
        if (!signal.aborted) throw thrown
      }
    },
  }
}

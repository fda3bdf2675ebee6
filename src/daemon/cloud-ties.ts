import type { ClusterHealth } from '../core/model/instance.ts'
import type { Switches } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import { type CloudProvider, ProviderError } from '../core/ports/cloud-provider.ts'
import type { Tell } from '../core/ports/log.ts'
import { createAlarm } from '../lib/alarm.ts'
import { asError } from '../lib/errors.ts'
import { createOnce } from '../lib/once.ts'

export interface CloudTiesOptions {
  readonly clock: Clock
  readonly provider: CloudProvider
  readonly tell: Tell
  readonly leading: () => boolean
  /** Called when that has changed. */
  readonly onLeading: (listener: () => void) => void
  /** What may be told now; undefined: nothing. */
  readonly health: () => ClusterHealth | undefined
}

export interface CloudTies {
  /** The cloud's own on/off and readiness, as last heard. */
  switch(): Switches['cloud']
  run(signal: AbortSignal): Promise<void>
}

const SWITCH_MS = 30_000
const HEALTH_MS = 10_000

/** What the leader and the cloud tell each other beside repairs. A loop of its own: a slow cloud must not keep heald's own switches waiting. */
export function createCloudTies(options: CloudTiesOptions): CloudTies {
  const { clock, provider, tell, leading, health } = options
  const never = Number.POSITIVE_INFINITY
  let heard: Switches['cloud']
  const alarm = createAlarm(clock)
  options.onLeading(alarm.ring)

  const isNew = createOnce()

  /** With the first answer, so at its start, a leader hears whether the way in is right; a trouble that lasts is told once. */
  async function hear(signal: AbortSignal): Promise<void> {
    try {
      heard = await provider.switch?.(signal)
      isNew(undefined)
    } catch (thrown) {
      if (signal.aborted) return
      const { message } = asError(thrown)
      const refused = thrown instanceof ProviderError && thrown.kind === 'unauthorized'
      const kind = refused ? 'CloudUnauthorized' : 'CloudUnavailable'
      if (isNew(kind)) tell({ level: 'warn', reason: kind, message })
    }
  }

  async function report(signal: AbortSignal): Promise<void> {
    const summary = health()
    if (summary === undefined) return
    await provider.report?.(summary, signal).catch((thrown: unknown) => {
      if (!signal.aborted) tell({ level: 'warn', reason: 'HealthNotReported', message: asError(thrown).message })
    })
  }

  return {
    switch: () => heard,
    async run(signal) {
      let askAt = provider.switch === undefined ? never : clock.now()
      let reportAt = provider.report === undefined ? never : clock.now()
      while (!signal.aborted) {
        if (leading() && clock.now() >= askAt) {
          askAt = clock.now() + SWITCH_MS
          await hear(signal)
        }
        if (leading() && clock.now() >= reportAt) {
          reportAt = clock.now() + HEALTH_MS
          await report(signal)
        }
        const until = leading() ? Math.min(askAt, reportAt) : never
        await alarm.sleep({ atLeast: clock.now(), until }, signal)
      }
    },
  }
}

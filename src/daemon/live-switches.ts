import { existsSync } from 'node:fs'
import type { Config } from '../config/schema/schema.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Switches } from '../core/model/view.ts'
import type { Watched } from '../core/ports/watched.ts'
import { sleepUnless } from '../lib/abort.ts'
import { createAlarm } from '../lib/alarm.ts'
import type { Loop } from '../lib/supervise.ts'
import { createSwitchBoard, type SwitchBoard } from '../observer/switches.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { OwnConfigMap } from './own-config-map.ts'
import { createPauseRecorder } from './pause-recorder.ts'

export interface LiveSwitches extends Pick<SwitchBoard, 'current' | 'onChange'> {
  /** The stop-file is there. */
  stopped(): boolean
  readonly loops: readonly Loop[]
}

export interface LiveSwitchesOptions {
  readonly config: () => Config
  readonly policy: () => Policy
  readonly nodes: Watched<NodeFacts>
  readonly own: OwnConfigMap | undefined
  readonly cloud: () => Switches['cloud']
  readonly leading: () => boolean
  /** Called when that has changed. */
  readonly onLeading: (listener: () => void) => void
}

/** At most one look at everything in this time. Also while the end of a pause is still to be written. */
const TEND_MS: Millis = 500
/** Liveness must hear of the loop, and a calendar that was put back tells nobody. */
const LONGEST_MS: Millis = 10_000
const STOP_FILE_MS: Millis = 500

/** Everything by which people and the cloud hold heald back, kept fresh: dry-run, stop-file, pauses, the cloud's own switch. */
export function createLiveSwitches(
  { clock, tell, http, stopFile, onTick }: DaemonOptions,
  { config, policy, nodes, own, cloud, leading, onLeading }: LiveSwitchesOptions,
): LiveSwitches {
  let stopped = false
  const board = createSwitchBoard({
    tell,
    dryRun: () => config().dryRun,
    stopped: () => stopped,
    nodes,
    configMap: own?.watched,
    calendar: () => http.contact.calendar(),
    cloud,
  })
  const recordPauses = createPauseRecorder({ http, tell, configMap: own?.path })

  const alarm = createAlarm(clock)
  board.onChange(alarm.ring)
  onLeading(alarm.ring)

  async function tend(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      onTick?.()
      const now = clock.now()
      let until = Math.min(now + LONGEST_MS, own?.tend() ?? Number.POSITIVE_INFINITY)
      const records = leading() ? board.records() : []
      if (records.length > 0) {
        until = now + TEND_MS
        // The end of a pause that a wrong clock works out would stand when the clock is right again.
        const clocksAgree = Math.abs(http.contact.skewMs()) <= policy().ownSight.skewMs
        if (clocksAgree) recordPauses(records, signal)
      }
      await alarm.sleep({ atLeast: clock.now() + TEND_MS, until }, signal)
    }
  }

  async function watchStopFile(file: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      stopped = existsSync(file)
      await sleepUnless(clock, STOP_FILE_MS, [signal])
    }
  }

  const stopLoop = (file: string): Loop => ({ name: 'stop-file', run: (signal) => watchStopFile(file, signal) })
  return {
    ...board,
    stopped: () => stopped,
    loops: [{ name: 'switches', run: tend }, ...(stopFile === undefined ? [] : [stopLoop(stopFile)])],
  }
}

import { existsSync } from 'node:fs'
import type { Config } from '../config/schema/schema.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Switches } from '../core/model/view.ts'
import type { Watched } from '../core/ports/watched.ts'
import type { Loop } from '../lib/supervise.ts'
import { createSwitchBoard, type SwitchBoard } from '../observer/switches.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { OwnConfigMap } from './own-config-map.ts'
import { createPauseRecorder } from './pause-recorder.ts'

export interface LiveSwitches extends Pick<SwitchBoard, 'current' | 'onChange'> {
  /** The stop-file is there. */
  stopped(): boolean
  readonly loop: Loop
}

export interface LiveSwitchesOptions {
  readonly config: () => Config
  readonly policy: () => Policy
  readonly nodes: Watched<NodeFacts>
  readonly own: OwnConfigMap | undefined
  readonly cloud: () => Switches['cloud']
  readonly leading: () => boolean
}

/** Everything by which people and the cloud hold heald back, kept fresh: dry-run, stop-file, pauses, the cloud's own switch. */
export function createLiveSwitches(
  { clock, tell, http, stopFile, onTick }: DaemonOptions,
  { config, policy, nodes, own, cloud, leading }: LiveSwitchesOptions,
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

  async function tend(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      onTick?.()
      own?.tick()
      stopped = stopFile !== undefined && existsSync(stopFile)
      if (leading()) {
        // The end of a pause that a wrong clock works out would stand when the clock is right again.
        const clocksAgree = Math.abs(http.contact.skewMs()) <= policy().ownSight.skewMs
        if (clocksAgree) recordPauses(board.records(), signal)
      }
      await clock.sleep(500, signal).catch(() => undefined)
    }
  }

  return { ...board, stopped: () => stopped, loop: { name: 'switches', run: tend } }
}

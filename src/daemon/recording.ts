import { z } from 'zod'
import { asks } from '../healthcheck/registry.ts'
import { untilAborted } from '../lib/abort.ts'
import { asError } from '../lib/errors.ts'
import { createRecordFiles, type RecordFiles } from '../record/files.ts'
import { createRecorder } from '../record/recorder.ts'
import type { Section } from './section.ts'

const UNITS: Readonly<Record<string, number>> = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 }

function toBytes(size: string): number {
  return Number.parseInt(size, 10) * (UNITS[size.slice(-2)] ?? 1)
}

const Settings = z
  .strictObject({
    directory: z.string().min(1).describe('Where its files are written; made when it is not there.'),
    maxSize: z
      .string()
      .regex(/^[1-9]\d{0,5}(Ki|Mi|Gi)$/, { error: 'expected a size such as 64Mi' })
      .prefault('64Mi')
      .transform(toBytes)
      .describe('The largest size of a file. Each begins with a picture of all nodes, about 1 KiB of each.'),
    maxFiles: z.int().min(1).max(10_000).prefault(16).describe('When there are more, the oldest are removed.'),
  })
  .optional()
  .describe('Writes down what the leader sees and says, for `heald backtest`. Left out: nothing is written.')
type Settings = z.output<typeof Settings>

/** Writing down what the leader sees and says. It has no say in anything, and nobody waits for it. */
export const RECORDING: Section = {
  name: 'record',
  kinds: [],
  rights: [],
  settings: { record: Settings },
  create: ({ clock, tell, config, policy, eyes, onRecordLost }) => {
    let settings: Settings
    let files: RecordFiles | undefined
    const sink = (): RecordFiles | undefined => {
      const wanted = config().sections.record as Settings
      if (wanted === settings) return files
      settings = wanted
      files = wanted && createRecordFiles({ ...wanted, clock, tell, onLost: onRecordLost })
      return files
    }
    const recorder = createRecorder({
      ...{ clock, policy, sink, asks },
      nodes: eyes.nodes,
      heartbeats: eyes.heartbeats,
      failed: (thrown) => {
        onRecordLost?.(1)
        tell({ level: 'error', reason: 'RecordFailed', message: asError(thrown).message })
      },
    })
    return {
      hearers: [recorder.see],
      duties: [
        async (term, stopping) => {
          await Promise.race([untilAborted(term.signal), untilAborted(stopping)])
          recorder.end()
          return 'stopped'
        },
      ],
    }
  },
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { asks } from '../../../src/healthcheck/registry.ts'
import { createRecordFiles, type RecordFiles, type RecordFilesOptions } from '../../../src/record/files.ts'
import { createRecorder } from '../../../src/record/recorder.ts'
import type { Outage } from '../../../src/simulator/outage/outage.ts'
import type { Played, PlayOptions } from '../../../src/simulator/outage/play.ts'
import { play } from '../outage/play.ts'

/** A directory of its own, gone when the test is over. */
export function recordDirectory(t: Pick<Test, 'teardown'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'heald-record-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Plays an outage, and writes what heald saw and said into the directory. */
export async function recordOutage(
  outage: Outage,
  directory: string,
  { files: limits, ...options }: Partial<PlayOptions> & { readonly files?: Partial<RecordFilesOptions> } = {},
): Promise<Played> {
  let files: RecordFiles | undefined
  const played = await play(outage, {
    ...options,
    record: (eyes) => {
      const { clock } = eyes
      const defaults = { directory, clock, maxSize: 1e9, maxFiles: 100, tell: () => undefined }
      files = createRecordFiles({ ...defaults, ...limits })
      return createRecorder({
        ...{ ...eyes, asks },
        sink: () => files,
        failed: (thrown) => {
          throw thrown
        },
      })
    },
  })
  await files?.settled()
  return played
}

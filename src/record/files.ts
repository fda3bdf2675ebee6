import { appendFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Millis } from '../core/model/primitives.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Tell } from '../core/ports/log.ts'
import { asError } from '../lib/errors.ts'
import { RECORD_VERSION, type RecordLine } from './format.ts'
import { isRecordFile, recordFileName } from './names.ts'
import type { RecordSink } from './recorder.ts'

export interface RecordFilesOptions {
  readonly directory: string
  /** Bytes of one file. */
  readonly maxSize: number
  readonly maxFiles: number
  readonly clock: Clock
  readonly tell: Tell
  /** So many lines could not be written. */
  readonly onLost?: (lines: number) => void
}

export interface RecordFiles extends RecordSink {
  /** All that was taken is written, or lost. */
  settled(): Promise<void>
}

/** From here on the next round begins a new file, so that no line of it meets the end of this one. */
const FULL = 0.9
/** A disk that is full, or a size that one picture fills, is tried again no more often than this. */
const PAUSE_MS: Millis = 60_000
/** What a slow disk has not taken yet. */
const MOST_WAITING = 32 * 1024 * 1024

interface Batch {
  readonly path: string
  readonly isNew: boolean
  readonly lines: string[]
}

/**
 * Files of lines in a directory: the oldest go when there are more than `maxFiles`. Whoever writes never waits and never
 * hears of a failure: what can't be written is counted, told once, and followed by a new file with a whole picture.
 */
export function createRecordFiles(options: RecordFilesOptions): RecordFiles {
  const { directory, maxSize, maxFiles, clock } = options
  let path: string | undefined
  let batches: Batch[] = []
  let size = 0
  let waiting = 0
  let begunAt = Number.NEGATIVE_INFINITY
  let isLosing = false
  let toldOf: string | undefined
  let writing: Promise<void> | undefined
  let count = 0

  const lose = (lost: number, why: string): void => {
    options.onLost?.(lost)
    isLosing = true
    if (toldOf === why) return
    toldOf = why
    options.tell({
      level: 'warn',
      reason: 'RecordLost',
      message: `${directory}: ${why}; healing goes on without a record`,
    })
  }

  const flush = async (): Promise<void> => {
    for (let next = batches.shift(); next !== undefined; next = batches.shift()) {
      const { path: file, isNew, lines } = next
      const text = lines.join('')
      try {
        if (isNew) await makeRoom(directory, maxFiles)
        await appendFile(file, text, { flag: isNew ? 'ax' : 'a', mode: 0o600 })
        if (!isLosing) toldOf = undefined
      } catch (thrown) {
        // What would follow in that file is of no use without this.
        const followers = batches.filter((batch) => batch.path === file)
        batches = batches.filter((batch) => batch.path !== file)
        lose(
          [next, ...followers].reduce((sum, batch) => sum + batch.lines.length, 0),
          asError(thrown).message,
        )
        for (const { lines: others } of followers) waiting -= Buffer.byteLength(others.join(''))
      }
      waiting -= Buffer.byteLength(text)
    }
    writing = undefined
  }

  const write = (line: RecordLine): void => {
    if (isLosing || path === undefined) {
      options.onLost?.(1)
      return
    }
    const text = `${JSON.stringify(line)}\n`
    const bytes = Buffer.byteLength(text)
    if (size + bytes > maxSize) lose(1, `a picture of this cluster does not fit in maxSize (${maxSize} bytes)`)
    else if (waiting + bytes > MOST_WAITING) lose(1, 'the disk is slower than what happens')
    else {
      size += bytes
      waiting += bytes
      const last = batches.at(-1)
      if (last?.path === path) last.lines.push(text)
      else batches.push({ path, isNew: false, lines: [text] })
      // In its own turn: what one round writes goes in one call.
      writing ??= Promise.resolve().then(flush)
    }
  }

  return {
    get wantsBegin() {
      const isDue = clock.now() - begunAt >= PAUSE_MS
      return path === undefined || (isDue && (isLosing || size >= maxSize * FULL))
    },
    begin(calendar) {
      // Terms that follow each other quickly must not push out what is older.
      if (path !== undefined && !isLosing && size < maxSize / 2) return
      path = join(directory, recordFileName(calendar, count++))
      batches.push({ path, isNew: true, lines: [] })
      isLosing = false
      size = 0
      begunAt = clock.now()
      write({ is: 'header', format: 'heald-record', version: RECORD_VERSION, calendar })
    },
    write,
    async settled() {
      while (writing !== undefined) await writing
    },
  }
}

/** For one more file. */
async function makeRoom(directory: string, maxFiles: number): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const names = (await readdir(directory)).filter(isRecordFile).sort()
  for (const name of names.slice(0, Math.max(0, names.length - maxFiles + 1)))
    await rm(join(directory, name), { force: true })
}

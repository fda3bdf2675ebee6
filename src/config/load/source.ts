import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import { asError } from '../../lib/errors.ts'
import { MAX_CHARACTERS } from '../yaml/yaml-limits.ts'

export interface FileWatch {
  readonly clock: Pick<Clock, 'sleep'>
  /** Pause between two looks. Default: 1 s. */
  readonly everyMs?: Millis
  /** A changed text counts when it is still the same after this. Default: 100 ms. */
  readonly settleMs?: Millis
  /** Told once per outage: the file is not there, or can't be read. What it said last stays in force. */
  onGone?(error: Error): void
  /** It can be read again, whatever it says. */
  onBack?(): void
}

/**
 * Hands over the text of a file, at first and at every change, until aborted.
 *
 * It opens the path again each time instead of asking the kernel for events: a mounted ConfigMap swaps the directory
 * behind two symlinks, editors rename a new file into place, and both leave a watch on the old inode without a word.
 */
export async function watchConfigFile(
  path: string,
  onText: (text: string) => void,
  watch: FileWatch,
  signal: AbortSignal,
): Promise<void> {
  const { clock, everyMs = 1_000, settleMs = 100 } = watch
  let last: string | undefined
  let gone = false
  const pause = async (ms: Millis): Promise<void> => {
    await clock.sleep(ms, signal).catch((thrown: unknown) => {
      if (!signal.aborted) throw thrown
    })
  }
  const look = async (): Promise<string | undefined> => {
    try {
      const text = await readConfigFile(path)
      if (gone) watch.onBack?.()
      gone = false
      return text
    } catch (thrown) {
      if (!gone) watch.onGone?.(asError(thrown))
      gone = true
      return undefined
    }
  }
  for (; !signal.aborted; await pause(everyMs)) {
    const text = await look()
    if (text === undefined || text === last) continue
    // Half a file, as an editor or `cp` leaves it for a moment, can be a valid configuration of another meaning.
    await pause(settleMs)
    if (signal.aborted || (await look()) !== text) continue
    last = text
    onText(text)
  }
}

/** The text of a configuration file. Of one that is absurdly long only the start, which `loadConfig` then refuses. */
export async function readConfigFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new Error(`${path}: not a regular file`)
    const buffer = Buffer.alloc(Math.min(stat.size, 4 * MAX_CHARACTERS) + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.toString('utf8', 0, length)
  } finally {
    await file.close()
  }
}

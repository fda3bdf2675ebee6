import { readFile, stat } from 'node:fs/promises'

/** One file's text, read again only when the file behind the path has changed (a mounted Secret swaps symlinks). */
export interface WatchedFile {
  /** The newest readable text; while the file can't be read, the last one. Throws when there never was one. */
  read(): Promise<string>
  /** The next `read` looks into the file, changed or not. */
  forget(): void
}

export function createWatchedFile(path: string): WatchedFile {
  let text: string | undefined
  let mark: string | undefined

  return {
    async read() {
      try {
        const now = await fileMark(path)
        if (text === undefined || now !== mark) {
          text = await readFile(path, 'utf8')
          mark = now
        }
        return text
      } catch (thrown) {
        // A rotation replaces the file: for a moment it may be missing.
        if (text !== undefined) return text
        throw thrown
      }
    },
    forget() {
      mark = undefined
    },
  }
}

/** Changes whenever the content may have. */
export async function fileMark(path: string): Promise<string> {
  const { dev, ino, size, mtimeMs } = await stat(path)
  return `${dev}:${ino}:${size}:${mtimeMs}`
}

import { readFile, stat } from 'node:fs/promises'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import { asError } from '../../../lib/errors.ts'

interface Entry {
  readonly mark: string
  readonly text: string
}

/** Files by path, read again only when the file behind the path has changed: a mounted Secret swaps symlinks. */
export interface Files {
  /** While a file can't be read, its last text. Throws ProviderError `invalid` when there never was one. */
  read(path: string): Promise<string>
  exists(path: string): Promise<boolean>
}

export function createFiles(): Files {
  const known = new Map<string, Entry>()
  return {
    async read(path) {
      const before = known.get(path)
      try {
        const { dev, ino, size, mtimeMs } = await stat(path)
        const mark = `${dev}:${ino}:${size}:${mtimeMs}`
        if (before?.mark === mark) return before.text
        const text = await readFile(path, 'utf8')
        known.set(path, { mark, text })
        return text
      } catch (thrown) {
        // A rotation replaces the file: for a moment it may be missing.
        if (before !== undefined) return before.text
        throw new ProviderError('invalid', 'none', `openstack: ${path}: can't be read: ${asError(thrown).message}`)
      }
    },
    async exists(path) {
      return stat(path).then(
        () => true,
        () => false,
      )
    },
  }
}

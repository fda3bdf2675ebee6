import { stat } from 'node:fs/promises'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import { asError } from '../../../lib/errors.ts'
import { createWatchedFile, type WatchedFile } from '../../../lib/watched-file.ts'

/** Files by path, read again only when the file behind the path has changed. */
export interface Files {
  /** While a file can't be read, its last text. Throws ProviderError `invalid` when there never was one. */
  read(path: string): Promise<string>
  exists(path: string): Promise<boolean>
}

export function createFiles(): Files {
  const known = new Map<string, WatchedFile>()
  return {
    async read(path) {
      const file = known.get(path) ?? createWatchedFile(path)
      known.set(path, file)
      try {
        return await file.read()
      } catch (thrown) {
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

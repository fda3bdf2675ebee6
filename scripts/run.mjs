// Runs a TypeScript file: `node scripts/run.mjs FILE [ARGUMENTS]`. Node 20 can't by itself.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const [file, ...rest] = process.argv.slice(2)
const dir = mkdtempSync(join(import.meta.dirname, '../node_modules/.run-'))
process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
const outfile = join(dir, 'main.mjs')
await build({
  entryPoints: [file],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
})
process.argv = [process.argv[0], file, ...rest]
await import(pathToFileURL(outfile).href)

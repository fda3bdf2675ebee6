// Builds test files and runs them, with a process per folder of test/: `node in-processes.mjs JOBS TIMEOUT FILES`. Writes TAP.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildTests } from './build.mjs'

const [jobs, timeout, ...files] = process.argv.slice(2)
mkdirSync('.tap', { recursive: true })
const outdir = mkdtempSync('.tap/built-')
t.teardown(() => rmSync(outdir, { recursive: true, force: true }))
const built = await buildTests(files, outdir)
const folders = new Map()
for (const file of files) {
  const folder = file.split('/').slice(0, 2).join('/')
  folders.set(folder, [...(folders.get(folder) ?? []), [file, built.get(file)]])
}
t.jobs = Number(jobs)
t.setTimeout(0)
// The largest first, so that none is left over when the others are done.
for (const [folder, pairs] of [...folders].sort(([, a], [, b]) => b.length - a.length)) {
  const list = join(outdir, `${folder.replaceAll('/', '-')}.json`)
  writeFileSync(list, JSON.stringify({ timeoutMs: Number(timeout) * 1000, pairs }))
  t.spawn(process.execPath, ['--enable-source-maps', join(import.meta.dirname, 'in-one-process.mjs'), list], {
    name: folder,
  })
}

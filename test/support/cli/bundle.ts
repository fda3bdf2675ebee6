import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const INPUTS = ['cmd', 'src', 'scripts/build.mjs', 'package.json']

/** The bundle that users run: dist/heald.mjs when it is newer than every source, else one built for this test alone. */
export async function bundle(t: { teardown(handler: () => void): void }): Promise<string> {
  const shipped = resolve('dist/heald.mjs')
  const built = statSync(shipped, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (INPUTS.every((path) => newest(path) < built)) return shipped
  const dir = mkdtempSync(join(tmpdir(), 'heald-bundle-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  for (const name of ['cmd', 'src', 'test', 'scripts', 'manifests', 'node_modules', 'package.json']) {
    symlinkSync(resolve(name), join(dir, name))
  }
  mkdirSync(join(dir, 'dist'))
  const { code, err } = await run(process.execPath, [resolve('scripts/build.mjs')], { cwd: dir })
  if (code !== 0) throw new Error(`scripts/build.mjs: ${err}`)
  return join(dir, 'dist', 'heald.mjs')
}

/** Runs a program to its end. */
export function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.once('error', reject)
    child.once('close', (code) => done({ code, out, err }))
  })
}

function newest(path: string): number {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return Math.max(...readdirSync(path).map((entry) => newest(join(path, entry))), 0)
}

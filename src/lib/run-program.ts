import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { asError } from './errors.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const OUTPUT_LIMIT = 65_536
const STDERR_TAIL = 300

export interface ProgramOptions {
  readonly input: string
  /** Its whole environment, apart from PATH. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Called when the process is there, and when it is really gone: a killed one may linger in the kernel. */
  readonly onSpawn: () => void
  readonly onExit: () => void
}

export type ProgramEnd =
  | { readonly how: 'exited'; readonly code: number | null; readonly stdout: string; readonly stderr: string }
  | { readonly how: 'killed'; readonly why: 'hung' | 'loud' | 'aborted' }
  | { readonly how: 'not-started'; readonly error: Error }

/**
 * Runs a program in a process group of its own, without a shell and with nothing of our environment. When it ends, and when
 * it takes too long, says too much or the signal aborts, the whole group is killed. Never rejects.
 */
export function runProgram(argv: readonly string[], options: ProgramOptions, signal: AbortSignal): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ how: 'killed', why: 'aborted' })
    const [file = '', ...args] = argv
    let exited = false
    let child: ChildProcess
    try {
      child = spawn(file, args, { env: { PATH, ...options.env }, cwd: '/', detached: true, stdio: 'pipe' })
    } catch (thrown) {
      return resolve({ how: 'not-started', error: asError(thrown) })
    }
    const settle = (end: ProgramEnd): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      if (!exited) killGroup(child) // once it is reaped, its id may be somebody else's
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve(end)
    }
    const onAbort = (): void => settle({ how: 'killed', why: 'aborted' })
    const timer = setTimeout(() => settle({ how: 'killed', why: 'hung' }), options.timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })

    const stdout = collect(child.stdout, () => settle({ how: 'killed', why: 'loud' }))
    const stderr = collect(child.stderr, () => settle({ how: 'killed', why: 'loud' }))
    child.once('spawn', options.onSpawn)
    child.once('error', (error) => settle({ how: 'not-started', error }))
    child.once('exit', () => {
      exited = true
      options.onExit()
      killGroup(child) // what it left behind would hold its pipes open
    })
    child.once('close', (code) => {
      settle({ how: 'exited', code, stdout: stdout(), stderr: stderr().slice(-STDERR_TAIL) })
    })
    child.stdin?.on('error', () => undefined) // a program need not read its input: EPIPE is no fault
    child.stdin?.end(options.input)
  })
}

function collect(stream: Readable | null, onTooMuch: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > OUTPUT_LIMIT) onTooMuch()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

/** ESRCH: it is gone. EPERM: it is no longer ours to kill, and onExit is yet to come. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (thrown) {
    const code = codeOf(thrown)
    if (code !== 'ESRCH' && code !== 'EPERM') throw thrown
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}

import { main } from './program.ts'

declare const HEALD_VERSION: string

// `heald history | head` closes the pipe early; that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

const code = await main(process.argv.slice(2), HEALD_VERSION, {
  env: process.env,
  columns: process.stdout.columns,
  isTerminal: process.stdout.isTTY,
  interrupted: () => {
    const interrupt = new AbortController()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort())
    return interrupt.signal
  },
  colours: process.stdout.isTTY && process.stdout.hasColors(),
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
if (code !== 0) process.exitCode = code

import { Worker } from 'node:worker_threads'
import { asError } from './errors.ts'
import { recordOf } from './pure/json.ts'

const PING_MS = 250
const HEAP_MB = 128

/** As text, so that the bundle stays one file. It answers pings as long as its event loop turns. */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
const { url, make, argument, functions } = workerData
const running = new Map()
async function run(target, id, name, args) {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    parentPort.postMessage({ id, answer: await target[name](...args, controller.signal) })
  } catch (thrown) {
    const { kind, effect, retryAfterMs } = Object(thrown)
    const told = { message: String(thrown), kind: String(kind), effect: String(effect), retryAfterMs: Number(retryAfterMs) }
    parentPort.postMessage({ id, thrown: told })
  } finally {
    running.delete(id)
  }
}
function demand(target, name, who) {
  if (typeof target?.[name] !== 'function') throw new TypeError(who + ' no function named ' + name)
}
import(url).then(async (loaded) => {
  if (make) demand(loaded, make, 'the module exports')
  const target = make ? await loaded[make](argument) : loaded
  for (const name of functions) demand(target, name, make ? make + ' returns' : 'the module exports')
  parentPort.on('message', ({ ping, abort, id, name, args }) => {
    if (ping) parentPort.postMessage({ pong: true })
    else if (abort) running.get(id)?.abort(new DOMException('timed out', 'TimeoutError'))
    else run(target, id, name, args)
  })
})
`

/** How a call ended. `hung`: no answer in time. `died`: the thread is gone. `garbled`: what it sent was no message. */
export type ThreadEnd =
  | { readonly how: 'answered'; readonly answer: unknown }
  | { readonly how: 'threw'; readonly thrown: Readonly<Record<string, unknown>> }
  | { readonly how: 'hung' }
  | { readonly how: 'died' | 'garbled'; readonly message: string }

/** One thread with one user's module in it. Whatever that does, the daemon goes on. */
export interface ModuleThread {
  /** Calls a function with `args` and a signal. Never rejects. After a crash or a loop that never yields, every further call ends so at once. */
  call(name: string, args: readonly unknown[], timeoutMs: number): Promise<ThreadEnd>
  end(): Promise<void>
}

export interface ModuleThreadOptions {
  readonly url: URL
  /** Export that is called once with `argument` and returns the functions. Without it they are the exports themselves. */
  readonly make?: string
  readonly argument?: unknown
  /** What must be there. */
  readonly functions: readonly string[]
}

/** The thread has no environment and its prints are dropped: they must not end up between our log lines. */
export function startModuleThread({ url, make, argument, functions }: ModuleThreadOptions): ModuleThread {
  const waiting = new Map<number, (end: ThreadEnd) => void>()
  // Node 24 gives a worker three times as much young generation as Node 20 unless told.
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 16 }
  const worker = new Worker(SOURCE, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: { url: url.href, make, argument, functions },
    stdout: true,
    stderr: true,
    resourceLimits,
  })
  worker.stdout.resume()
  worker.stderr.resume()
  worker.unref()
  let calls = 0
  let heardAt = 0
  let dead: ThreadEnd | undefined

  const die = (end: ThreadEnd): void => {
    dead ??= end
    for (const settle of waiting.values()) settle(dead)
    void worker.terminate()
  }
  worker.on('error', (error) => die({ how: 'died', message: asError(error).message }))
  worker.on('exit', (code) => die({ how: 'died', message: `it ended its thread with exit code ${code}` }))
  worker.on('messageerror', (error) => die({ how: 'garbled', message: error.message }))
  // The module can post messages of its own, of any kind: what is thrown here would end the whole daemon.
  worker.on('message', (message: unknown) => {
    heardAt++
    const { id, answer, thrown } = recordOf(message)
    if (typeof id !== 'number') return
    const end: ThreadEnd =
      thrown === undefined ? { how: 'answered', answer } : { how: 'threw', thrown: recordOf(thrown) }
    waiting.get(id)?.(end)
  })

  /** Slow is the business of one call; a loop that never yields takes the whole thread with it. */
  const ping = (): void => {
    const before = heardAt
    worker.postMessage({ ping: true })
    setTimeout(() => {
      if (heardAt === before) die({ how: 'hung' })
    }, PING_MS)
  }

  return {
    call: (name, args, timeoutMs) =>
      new Promise((resolve) => {
        if (dead !== undefined) return resolve(dead)
        const id = calls++
        const settle = (end: ThreadEnd): void => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(end)
        }
        const timer = setTimeout(() => {
          worker.postMessage({ id, abort: true })
          ping()
          settle({ how: 'hung' })
        }, timeoutMs)
        waiting.set(id, settle)
        worker.postMessage({ id, name, args })
      }),
    async end() {
      await worker.terminate()
    },
  }
}

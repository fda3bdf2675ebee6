import { Worker } from 'node:worker_threads'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import { asError } from '../../lib/errors.ts'
import { recordOf, textOf } from '../../lib/pure/json.ts'
import { type CheckResult, checkResult } from '../plugin/check-result.ts'
import { readAnswer } from '../plugin/plugin-answer.ts'

const PING_MS = 250
const HEAP_MB = 128

/** As text, so that the bundle stays one file. It answers pings as long as its event loop turns. */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
const running = new Map()
async function run(check, id, node) {
  const controller = new AbortController()
  running.set(id, controller)
  try {
    parentPort.postMessage({ id, answer: await check(node, controller.signal) })
  } catch (thrown) {
    parentPort.postMessage({ id, thrown: String(thrown) })
  } finally {
    running.delete(id)
  }
}
import(workerData.url).then(({ check }) => {
  if (typeof check !== 'function') throw new TypeError('the module exports no function named check')
  parentPort.on('message', ({ ping, abort, id, node }) => {
    if (ping) parentPort.postMessage({ pong: true })
    else if (abort) running.get(id)?.abort(new DOMException('timed out', 'TimeoutError'))
    else run(check, id, node)
  })
})
`

/** One thread with one user's module in it. Whatever that does, the daemon goes on. */
export interface ModuleWorker {
  /** Never rejects. After a crash or a loop that never yields, every further call is `unknown` at once. */
  call(node: NodeFacts, timeoutMs: Millis): Promise<CheckResult>
  end(): Promise<void>
}

export function startModuleWorker(url: URL): ModuleWorker {
  const waiting = new Map<number, (seen: CheckResult) => void>()
  // Node 24 gives a worker three times as much young generation as Node 20 unless told.
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 16 }
  // Its prints must not end up between our log lines.
  const worker = new Worker(SOURCE, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: { url: url.href },
    stdout: true,
    stderr: true,
    resourceLimits,
  })
  worker.stdout.resume()
  worker.stderr.resume()
  worker.unref()
  let calls = 0
  let heardAt = 0
  let dead: CheckResult | undefined

  const die = (seen: CheckResult): void => {
    dead ??= seen
    for (const settle of waiting.values()) settle(dead)
    void worker.terminate()
  }
  worker.on('error', (error) => die(checkResult('unknown', 'PluginCrashed', asError(error).message)))
  worker.on('exit', (code) =>
    die(checkResult('unknown', 'PluginCrashed', `it ended its thread with exit code ${code}`)),
  )
  worker.on('messageerror', (error) => die(checkResult('unknown', 'PluginGarbage', error.message)))
  // The module can post messages of its own, of any kind: what is thrown here would end the whole daemon.
  worker.on('message', (message: unknown) => {
    heardAt++
    const { id, answer, thrown } = recordOf(message)
    if (typeof id !== 'number') return
    const threw = textOf(thrown)
    waiting.get(id)?.(threw === undefined ? readAnswer(answer) : checkResult('unknown', 'PluginThrew', threw))
  })

  /** Slow is the business of one node; a loop that never yields takes the whole thread with it. */
  const ping = (why: CheckResult): void => {
    const before = heardAt
    worker.postMessage({ ping: true })
    setTimeout(() => {
      if (heardAt === before) die(why)
    }, PING_MS)
  }

  return {
    call: (node, timeoutMs) =>
      new Promise((resolve) => {
        if (dead !== undefined) return resolve(dead)
        const id = calls++
        const settle = (seen: CheckResult): void => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(seen)
        }
        const timer = setTimeout(() => {
          const hung = checkResult('unknown', 'PluginHung', `no answer for ${node.name} within ${timeoutMs} ms`)
          worker.postMessage({ id, abort: true })
          ping(hung)
          settle(hung)
        }, timeoutMs)
        waiting.set(id, settle)
        worker.postMessage({ id, node })
      }),
    async end() {
      await worker.terminate()
    },
  }
}

// Runs test files one after the other in this process, each as a test by its name: `node in-one-process.mjs LIST`,
// the list being JSON: {timeoutMs, pairs: [[source, built file], ...]}.
import asyncHooks from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const GRACE_MS = 10_000
const { timeoutMs, pairs } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
// To blame a stray error on its test, tap follows every promise by a hook: up to a third of all work. With one file at
// a time the error is that file's anyway.
asyncHooks.createHook = () => ({ enable() {}, disable() {} })
syncBuiltinESMExports()
const { default: t } = await import('tap')
let running = t
process.on('uncaughtException', (error) => running.threw(error))
process.on('unhandledRejection', (error) => running.threw(error))

t.setTimeout(timeoutMs * pairs.length)
for (const [file, built] of pairs) {
  await t.test(file, { timeout: timeoutMs }, async (own) => {
    running = own
    globalThis[Symbol.for('heald.test')] = own
    await import(pathToFileURL(resolve(built)).href)
  })
}
// This timer keeps no process alive: it fires only where a test left something open.
setTimeout(() => {
  console.error(`${pairs.map(([file]) => file).join(', ')}: left open: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, GRACE_MS).unref()

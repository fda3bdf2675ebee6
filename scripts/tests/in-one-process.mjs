// Runs test files one after the other in this process, each as a test by its name: `node in-one-process.mjs LIST`,
// the list being JSON: {timeoutMs, pairs: [[source, built file], ...]}.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'

const GRACE_MS = 10_000
const { timeoutMs, pairs } = JSON.parse(readFileSync(process.argv[2], 'utf8'))
t.setTimeout(timeoutMs * pairs.length)
for (const [file, built] of pairs) {
  await t.test(file, { timeout: timeoutMs }, async (own) => {
    globalThis[Symbol.for('heald.test')] = own
    await import(pathToFileURL(resolve(built)).href)
  })
}
// This timer keeps no process alive: it fires only where a test left something open.
setTimeout(() => {
  console.error(`${pairs.map(([file]) => file).join(', ')}: left open: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, GRACE_MS).unref()

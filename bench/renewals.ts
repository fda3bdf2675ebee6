// Renews the leases of COUNT hollow nodes, each once in ten seconds, until killed: `node scripts/run.mjs bench/renewals.ts URL TOKEN COUNT`.
// Prints the number of renewals of each second that were stored.
import { setTimeout as delay } from 'node:timers/promises'
import { leasePath, openWire, renewal } from './hollow-nodes.ts'

const [url = '', token = '', count = '0'] = process.argv.slice(2)
const PERIOD_MS = 10_000
const SLICE_MS = 20
const MOST_IN_FLIGHT = 400
const wire = openWire(url, token)
const nodes = Number(count)
let stored = 0
let inFlight = 0

function renew(index: number): void {
  inFlight++
  wire
    .send('PATCH', leasePath(index), renewal(), 'application/merge-patch+json')
    .then((status) => {
      if (status === 200) stored++
    })
    .catch(() => undefined)
    .finally(() => {
      inFlight--
    })
}

const startedAt = performance.now()
let next = 0
let owed = 0
let before = 0
let nextReport = 1_000
for (;;) {
  const elapsed = performance.now() - startedAt
  // A server that can't keep up gets its renewals later, but each node its turn. Debts of more than a round are let go.
  owed = Math.min(nodes, owed + ((elapsed - before) / PERIOD_MS) * nodes)
  before = elapsed
  for (; owed >= 1 && inFlight < MOST_IN_FLIGHT; owed--) renew(next++ % nodes)
  if (elapsed >= nextReport) {
    process.stdout.write(`${stored}\n`)
    stored = 0
    nextReport += 1_000
  }
  await delay(SLICE_MS)
}

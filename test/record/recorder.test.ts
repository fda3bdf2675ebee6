import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { NodeFacts } from '../../src/core/model/node.ts'
import { RecordLine } from '../../src/record/format.ts'
import { recordedInstance, recordedNode } from '../../src/record/trim.ts'
import { MINUTE, outageOf } from '../support/outage/play.ts'
import { recordDirectory, recordOutage } from '../support/record/record-outage.ts'

const TOKEN = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.sig`
const FACTS: NodeFacts = {
  name: 'w1',
  uid: 'u',
  resourceVersion: '7',
  role: 'worker',
  quorum: [],
  pool: 'worker',
  zone: 'a',
  createdAt: 1,
  deleting: false,
  unschedulable: false,
  taints: [{ key: 'dedicated', value: 'customer-name', effect: 'NoSchedule' }],
  conditions: [{ type: 'Ready', status: 'False', reason: 'Down', message: `${'long '.repeat(200)}` }],
  addresses: [{ type: 'InternalIP', address: '10.0.0.7' }],
  labels: { 'customer/secret': 'label', 'heald.dev/skip': 'true' },
  annotations: {
    'heald.dev/paused': `2h: token=${TOKEN}`,
    'weave.works/kured-node-lock': '{"nodeID":"a-lot-of-json"}',
    'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'somebody',
  },
  providerID: 'openstack:///1',
  systemUUID: 's',
  machineID: 'm',
  bootID: 'b',
  kernelVersion: 'k',
  osImage: 'o',
  kubeletVersion: 'v',
}

async function linesOf(directory: string): Promise<readonly RecordLine[]> {
  const names = readdirSync(directory).sort()
  const text = names.map((name) => readFileSync(join(directory, name), 'utf8')).join('')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => RecordLine.parse(JSON.parse(line)))
}

t.test('of a node nothing is written that is secret, long, or of no use to a decision', async (t) => {
  const text = JSON.stringify(recordedNode(FACTS))
  for (const secret of [TOKEN, '10.0.0.7', 'customer', 'a-lot-of-json', 'somebody', 'long '.repeat(50)]) {
    t.notOk(text.includes(secret), secret.slice(0, 40))
  }
  t.match(recordedNode(FACTS), {
    labels: { 'heald.dev/skip': 'true' },
    annotations: { 'weave.works/kured-node-lock': 'set', 'heald.dev/paused': /^2h: token=\[redacted\]/ },
  })
})

t.test('whatever a kubelet reports of itself can be read again', async (t) => {
  const absurd = 'x'.repeat(5_000)
  const conditions = Array.from({ length: 300 }, (_, index) => ({
    type: `T${index}`,
    status: 'Unknown' as const,
    reason: absurd,
  }))
  const node = recordedNode({ ...FACTS, osImage: absurd, bootID: absurd, conditions })
  const line = JSON.parse(JSON.stringify({ is: 'node', at: 1, name: 'w1', node }))
  t.same(RecordLine.parse(line), line)
})

t.test('what a cloud says in words is scrubbed too', async (t) => {
  const words = `no valid host; authorization: Bearer ${TOKEN}`
  const ref = { id: 'i', name: 'n' }
  const text = JSON.stringify(
    recordedInstance({
      located: { mismatch: words },
      state: { ref, power: 'error', provenStopped: false, fault: words },
      plans: [{ rung: 'replace', verdict: 'hold', reason: 'R', message: words, lockKey: 'k' }],
      seenAt: 1,
      error: { kind: 'unauthorized', message: words },
    }),
  )
  t.notOk(text.includes(TOKEN))
  t.ok(text.includes('no valid host'))
})

t.test('every line fits the schema, and a quiet cluster writes nothing after its picture', async (t) => {
  const directory = recordDirectory(t)
  await recordOutage(outageOf(['what: heald-nodes, at: 1h, for: 1h'], { lasts: '12h' }), directory)
  const lines = await linesOf(directory)
  t.equal(lines[0]?.is, 'header')
  t.same([...new Set(lines.slice(1).map((line) => ('at' in line ? line.at : Number.NaN)))], [0])
  t.equal(lines.filter(({ is }) => is === 'node').length, 33)
})

t.test('what is written during an outage is about those who are in it, and ends with it', async (t) => {
  const directory = recordDirectory(t)
  await recordOutage(outageOf(['what: kubelet, at: 10m, nodes: [w3]'], { lasts: '3h' }), directory)
  const lines = (await linesOf(directory)).filter((line) => 'at' in line && line.at > 0)
  const text = JSON.stringify(lines)
  const times = lines.map((line) => ('at' in line ? line.at : 0))
  t.ok(text.includes('"w3"') && !text.includes('"w5"'))
  t.ok(
    lines.every((line) => !('at' in line) || (line.at > 9 * MINUTE && line.at < 40 * MINUTE)),
    `from ${Math.min(...times)} to ${Math.max(...times)}`,
  )
})

import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { createPauseRecorder } from '../../src/daemon/pause-recorder.ts'
import type { KubeRequest } from '../../src/kube/client/http.ts'
import { configMapPath } from '../../src/kube/client/paths.ts'
import { createContact } from '../../src/kube/client/server-clock.ts'
import { systemClock } from '../../src/lib/clock.ts'

const OWN = configMapPath('kube-system', 'heald')
const { signal } = new AbortController()

function scene() {
  const sent: string[] = []
  const told: string[] = []
  const waiting: (() => void)[] = []
  let [writing, most, refused] = [0, 0, 0]
  const perPath = new Map<string, number>()
  let together = 0
  const http = {
    async request({ path, body }: KubeRequest) {
      sent.push(`${path} ${JSON.stringify(body)}`)
      perPath.set(path, (perPath.get(path) ?? 0) + 1)
      together = Math.max(together, perPath.get(path) ?? 0)
      most = Math.max(most, ++writing)
      await new Promise<void>((resolve) => waiting.push(resolve))
      perPath.set(path, (perPath.get(path) ?? 0) - 1)
      writing--
      if (refused > 0) {
        refused--
        throw new Error('no')
      }
    },
    stream: () => Promise.reject(new Error('nobody reads a stream')),
    contact: createContact(systemClock),
  }
  const record = createPauseRecorder({ http, configMap: OWN, tell: ({ reason }) => told.push(reason) })
  return {
    record,
    sent,
    told,
    counts: () => ({ most, together }),
    refuse: (count: number) => {
      refused = count
    },
    /** Lets every request that waits be answered, until none does. */
    async answerAll() {
      for (await setImmediate(); waiting.length > 0; await setImmediate()) for (const go of waiting.splice(0)) go()
    },
  }
}

const ofPools = Array.from({ length: 100 }, (_, index) => {
  return { node: undefined, annotation: `heald.dev/paused-until.p${index}`, value: 'x' }
})
const ofNodes = Array.from({ length: 100 }, (_, index) => {
  return { node: `w${index}`, annotation: 'heald.dev/paused-until', value: null }
})

t.test('nobody waits for pauses that are being written: eight objects at once, each once at a time', async (t) => {
  const { record, sent, counts, answerAll } = scene()
  t.equal(record([...ofPools, ...ofNodes], signal), undefined)
  record([...ofPools, ...ofNodes], signal)
  await answerAll()
  t.equal(sent.length, 200, 'a call meanwhile writes nothing twice')
  t.same(counts(), { most: 8, together: 1 })
  record(ofNodes.slice(0, 1), signal)
  await answerAll()
  t.equal(sent.at(-1), '/api/v1/nodes/w0 {"metadata":{"annotations":{"heald.dev/paused-until":null}}}')
})

t.test('what could not be written is told, the others are written, and the next call tries again', async (t) => {
  const { record, sent, told, refuse, answerAll } = scene()
  refuse(2)
  record(ofNodes, signal)
  await answerAll()
  t.equal(sent.length, 100)
  t.same(told, ['PauseNotRecorded', 'PauseNotRecorded'])
  record(ofNodes.slice(0, 2), signal)
  await answerAll()
  t.equal(sent.length, 102)
})

t.test('nothing is written after the end', async (t) => {
  const { record, sent, answerAll } = scene()
  const ending = new AbortController()
  record(ofPools, ending.signal)
  await setImmediate()
  ending.abort()
  await answerAll()
  t.equal(sent.length, 1)
})

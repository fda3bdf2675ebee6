import t from 'tap'
import type { FindingStatus } from '../../src/core/model/finding.ts'
import { createControlledProbe } from '../../src/observer/controlled-probe.ts'
import { masters, node, workers } from '../support/pure/view.ts'

const never = new AbortController().signal

/** What heald makes of its handshake with `w0`, when those with the others go as told. */
async function seen(answers: Readonly<Record<string, FindingStatus>>, others = [...masters(3), ...workers(6)]) {
  const asked: string[] = []
  const probe = createControlledProbe({
    clock: { now: () => 0, wall: () => 0, sleep: async () => undefined },
    async probe({ name }) {
      asked.push(name)
      return { status: answers[name] ?? 'pass', reason: 'Timeout', seenAt: 0 }
    },
    wellNodes: () => others,
  })
  const finding = await probe(node('w0'), never)
  return { asked, finding, again: () => probe(node('w0'), never) }
}

t.test('a handshake that succeeds asks nobody else', async (t) => {
  const { asked, finding } = await seen({})
  t.same(asked, ['w0'])
  t.equal(finding.status, 'pass')
})

t.test('a handshake that fails is evidence while two well nodes of its pool and one of another answer', async (t) => {
  const { asked, finding, again } = await seen({ w0: 'fail', w2: 'fail', m1: 'fail' })
  t.match(finding, { status: 'fail', reason: 'Timeout' })
  t.same(
    asked,
    ['w0', 'm0', 'm1', 'w1', 'w2', 'w3'].sort((a, b) => asked.indexOf(a) - asked.indexOf(b)),
  )
  await again()
  t.equal(asked.length, 7, 'suspects of one moment share the answers of the well')
})

for (const [when, answers] of [
  ['only one of its pool answers', { w0: 'fail', w1: 'fail', w2: 'unknown' }],
  ['none of another pool answers', { w0: 'fail', m0: 'fail', m1: 'fail' }],
] as const) {
  t.test(`a handshake that fails says nothing when ${when}`, async (t) => {
    const { finding } = await seen(answers)
    t.match(finding, {
      status: 'unknown',
      reason: 'NoControl',
      message: /^heald cannot see: of 5 well nodes [23] answered/,
    })
  })
}

t.test('in a small cluster as many are needed as there are, and without any nobody knows', async (t) => {
  t.match((await seen({ w0: 'fail' }, masters(1))).finding, { status: 'fail' })
  t.match((await seen({ w0: 'fail', m0: 'fail' }, masters(1))).finding, { status: 'unknown' })
  t.match((await seen({ w0: 'fail' }, [])).finding, { status: 'unknown' })
})

import fc from 'fast-check'
import t from 'tap'
import { outsideReason } from '../../../src/core/model/reasons.ts'
import { attempt, readRepair, spec, status, storedSpec, storedStatus } from '../../support/kube/repairs.ts'

const METADATA = { name: 'r', uid: 'u', resourceVersion: '7', creationTimestamp: '2026-11-21T00:00:00Z' }

/** As JSON on the wire. */
function stored(change: object = {}): object {
  const object = { metadata: METADATA, spec: storedSpec(spec()), status: storedStatus(status()), ...change }
  return JSON.parse(JSON.stringify(object))
}

t.test('what is stored comes back as it was, cursors of any JSON included', async (t) => {
  t.same(readRepair(stored()), {
    object: {
      ...{ name: 'r', uid: 'u', resourceVersion: '7', createdAt: Date.UTC(2026, 10, 21), deleting: false },
      ...{ finalizers: [], annotations: {}, spec: spec(), status: status() },
    },
  })
  for (const cursor of [null, 0, '', false, [], { a: [1, { b: null }] }]) {
    const one = status({ attempts: [attempt(1, { cursor })] })
    t.match(readRepair(stored({ status: storedStatus(one) })), { object: { status: { attempts: [{ cursor }] } } })
  }
})

t.test('a repair without a status is one that its creator did not come back to', async (t) => {
  t.match(readRepair(stored({ status: undefined })), { object: { name: 'r', status: undefined } })
})

t.test('attempts are read in the order of their numbers, however they are stored', async (t) => {
  const mixed = storedStatus(status({ attempts: [attempt(3), attempt(1), attempt(2)] }))
  t.match(readRepair(stored({ status: mixed })), {
    object: { status: { attempts: [{ id: 1 }, { id: 2 }, { id: 3 }] } },
  })
})

t.test('a reason that is not in the list is read as it stands: another version or a person wrote it', async (t) => {
  const attempts = [attempt(1, { reason: outsideReason('from a later version') })]
  const read = readRepair(stored({ status: storedStatus(status({ reason: outsideReason('Höher'), attempts })) }))
  t.match(read, { object: { status: { reason: 'Höher', attempts: [{ reason: 'from a later version' }] } } })
})

t.test('text and lists for people are cut to what the CRD takes; a cursor that is too long is refused', async (t) => {
  const long = 'ä'.repeat(9_000)
  const holds = Array.from({ length: 40 }, () => ({ gate: 'g', reason: long, message: long }))
  const cut = storedStatus(
    status({ message: long, reason: outsideReason(long), holds, attempts: [attempt(1, { message: long })] }),
  )
  const { message, reason, holds: kept, attempts } = cut as unknown as ReturnType<typeof status>
  t.same([message?.length, reason?.length, kept.length], [4096, 256, 32])
  t.same([kept[0]?.message.length, attempts[0]?.message?.length], [1024, 1024])
  const evidence = Array.from({ length: 20 }, () => ({ ...spec().evidence[0]!, message: long }))
  const short = storedSpec(spec({ evidence })) as unknown as ReturnType<typeof spec>
  t.same([short.evidence.length, short.evidence[0]?.message?.length], [16, 1024])
  t.throws(
    () => storedStatus(status({ attempts: [attempt(2, { cursor: 'x'.repeat(1023) })] })),
    /attempts\.0\.cursor: 1025 characters, at most 1024/,
  )
  t.doesNotThrow(() => storedStatus(status({ attempts: [attempt(2, { cursor: 'x'.repeat(1022) })] })))
})

t.test('what cannot be read names its node, where that can be read, and what is wrong', async (t) => {
  const broken = (change: object): object => stored({ status: { ...storedStatus(status()), ...change } })
  const cases: [object, object][] = [
    [broken({ phase: 'Sleeping' }), { about: 'worker-1', why: /^status\.phase: / }],
    [broken({ epoch: -1 }), { about: 'worker-1', why: /^status\.epoch: / }],
    [
      broken({ attempts: [{ ...attempt(1), cursor: '{' }] }),
      { about: 'worker-1', why: 'status.attempts.0.cursor: is not JSON' },
    ],
    [stored({ metadata: { ...METADATA, creationTimestamp: 'x' } }), { about: 'worker-1', why: /creationTimestamp/ }],
    [stored({ spec: { nodeName: 'w' } }), { name: 'r', about: 'w', why: /^spec\./ }],
    [stored({ spec: { nodeName: 5 } }), { name: 'r', about: undefined, why: /^spec\./ }],
    [stored({ metadata: {} }), { name: 'unknown', about: undefined, why: /^metadata\.name: / }],
  ]
  for (const [object, unreadable] of cases) t.match(readRepair(object), { unreadable })
})

t.test('nothing that the API server could answer throws', async (t) => {
  const property = fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => {
    readRepair(a)
    readRepair({ metadata: a, spec: b, status: c })
    readRepair({ metadata: METADATA, spec: b, status: c })
    readRepair({ metadata: METADATA, spec: spec(), status: { ...status(), attempts: a } })
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300 }))
})

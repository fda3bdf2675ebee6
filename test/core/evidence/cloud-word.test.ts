import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { View } from '../../../src/core/model/view.ts'
import {
  CALENDAR,
  instance,
  MINUTE,
  NOW,
  policy,
  repair,
  rung,
  SECOND,
  suspicion,
  view,
  witness,
} from '../../support/pure/view.ts'
import { BROKEN, beatsOf, many, SILENT } from '../gates/cases/pictures.ts'

type Word = 'off' | 'gone' | 'faulty'

/** Nothing but the cloud's word stands in the way, and whatever may be done destroys the machine. */
const RULES = policy({
  roles: {
    master: { enabled: true, ladder: [] },
    worker: { enabled: true, ladder: [rung('start'), rung('reboot-hard'), rung('replace')] },
  },
  correlated: { windowMs: 0, minSuspects: 2 },
  breaker: { poolPercent: 100, clusterPercent: 100, smallPool: 4 },
  inFlight: { pool: { percent: 100, min: 1 }, masters: 1 },
})
const SAID = fc.record({
  word: fc.constantFrom<Word>('off', 'gone', 'faulty'),
  agoMs: fc.integer({ min: 13 * SECOND, max: 20 * MINUTE }),
  alive: fc.boolean(),
})

function machineOf(name: string, word: Word, agoMs: number): InstanceView {
  const saidSince = NOW - agoMs
  if (word === 'gone') {
    return instance(name, {}, { located: { gone: true, slot: true }, state: undefined, saidSince })
  }
  return instance(name, { power: word === 'off' ? 'off' : 'error' }, { saidSince })
}

/** `w0`, `w1` ... are silent and their own kubelets call them broken; the cloud says this of their machines. */
function pictureOf(said: readonly { readonly word: Word; readonly agoMs: number; readonly alive: boolean }[]): View {
  const names = said.map((_, index) => `w${index}`)
  return view({
    nodes: many(30),
    repairs: names.map((name) => repair(name, {}, { createdAt: CALENDAR })),
    suspicions: names.map((name) =>
      suspicion(name, [BROKEN, SILENT], { witnesses: [witness('kubelet', 'NotReady', 'fail')] }),
    ),
    instances: Object.fromEntries(
      said.map(({ word, agoMs }, index) => [`w${index}`, machineOf(`w${index}`, word, agoMs)]),
    ),
    rest: beatsOf(...names.filter((_, index) => said[index]?.alive)),
  })
}

t.test('nothing is ever done to a machine that the cloud calls broken and that shows life', async (t) => {
  let alive = 0
  fc.assert(
    fc.property(fc.array(SAID, { minLength: 1, maxLength: 6 }), (said) => {
      const { verdicts } = decide(pictureOf(said), RULES)
      for (const [index, one] of said.entries()) {
        if (!one.alive) continue
        alive += 1
        t.not(verdicts.get(`w${index}`)?.kind, 'repair')
      }
    }),
  )
  t.ok(alive > 50)
})

t.test('from two living machines on that it calls broken, the cloud is never a witness about anybody', async (t) => {
  fc.assert(
    fc.property(fc.array(SAID, { minLength: 3, maxLength: 6 }), (said) => {
      const liar = said.map((one, index) => ({ ...one, alive: index > 0 }))
      t.equal(decide(pictureOf(liar), RULES).verdicts.get('w0')?.kind, 'hold')
    }),
  )
})

t.test('of more than two machines that broke within a minute by its word, none is ever replaced', async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ word: fc.constantFrom<Word>('off', 'gone', 'faulty'), laterMs: fc.nat(30 * SECOND) }), {
        minLength: 3,
        maxLength: 6,
      }),
      (said) => {
        const together = said.map(({ word, laterMs }) => ({ word, agoMs: 10 * MINUTE - laterMs, alive: false }))
        for (const { kind, rung } of decide(pictureOf(together), RULES).verdicts.values()) {
          t.notOk(kind === 'repair' && rung === 'replace')
        }
      },
    ),
  )
})

t.test('alone it is believed: what it calls off is started, and what it calls gone or faulty is mended', async (t) => {
  const one = (word: Word) => decide(pictureOf([{ word, agoMs: 10 * MINUTE, alive: false }]), RULES).verdicts.get('w0')
  t.match(one('off'), { kind: 'repair', rung: 'start' })
  t.match(one('gone'), { kind: 'repair', rung: 'replace' })
  t.match(one('faulty'), { kind: 'repair', rung: 'reboot-hard' })
})

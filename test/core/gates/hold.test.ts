import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import { GATES } from '../../../src/core/gates/all.ts'
import { NOW, oneBrokenWorker, policy } from '../../support/pure/view.ts'
import { HOLDS } from './cases/all.ts'

t.test('where nothing stands in the way, a node that failed long enough is repaired', async (t) => {
  const verdict = decide(oneBrokenWorker(), policy()).verdicts.get('w0')
  t.match(verdict, { kind: 'repair', rung: 'reboot-soft', repair: undefined })
  t.strictSame(
    verdict?.gates.map(({ gate }) => gate),
    GATES.map(({ name }) => name),
    'every gate is asked, in the order of the design',
  )
})

for (const one of HOLDS) {
  const rules = one.policy ?? policy()
  const name = one.node ?? 'w0'

  t.test(`${one.gate} (${one.reason}) alone says no when ${one.when}`, async (t) => {
    const decision = decide(one.view, rules)
    const verdict = decision.verdicts.get(name)
    const held = verdict?.gates.filter(({ pass }) => !pass) ?? []
    t.strictSame(
      held.map(({ gate, reason }) => `${gate} ${reason}`),
      [`${one.gate} ${one.reason}`],
    )
    t.equal(verdict?.kind, one.kind ?? 'hold')
    t.match(held[0]?.message, one.says)
    if (one.changesAt !== undefined) {
      t.equal(held[0]?.changesAt, one.changesAt)
      t.equal(verdict?.wakeAt, one.changesAt)
      t.ok((decision.wakeAt ?? Number.POSITIVE_INFINITY) <= one.changesAt, 'the next look is not later')
    }
    t.ok(verdict?.wakeAt === undefined || verdict.wakeAt > NOW, 'never asks to be woken in the past')
  })

  t.test(`without ${one.gate}, a repair would follow although ${one.when}`, async (t) => {
    const others = GATES.filter(({ name: gate }) => gate !== one.gate)
    t.equal(decide(one.view, rules, others).verdicts.get(name)?.kind, 'repair')
  })
}

t.test('every gate has a picture in which it alone stands in the way', async (t) => {
  t.strictSame(
    [...new Set(HOLDS.map(({ gate }) => gate))],
    GATES.map(({ name }) => name),
  )
})

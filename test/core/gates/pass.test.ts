import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import { policy } from '../../support/pure/view.ts'
import { PASSES_ALONE } from './cases/passes-alone.ts'
import { PASSES_CANCELLED } from './cases/passes-cancelled.ts'
import { PASSES_IN_COMPANY } from './cases/passes-in-company.ts'

for (const [when, picture, rules, name] of [...PASSES_ALONE, ...PASSES_CANCELLED, ...PASSES_IN_COMPANY]) {
  t.test(`a due node is repaired when ${when}`, async (t) => {
    const verdict = decide(picture, rules ?? policy()).verdicts.get(name ?? 'w0')
    t.strictSame(
      verdict?.gates.filter(({ pass }) => !pass),
      [],
    )
    t.equal(verdict?.kind, 'repair')
  })
}

import fc from 'fast-check'
import t from 'tap'
import { isOptedOut, SKIP, skipValue } from '../../../src/core/annotations/skip.ts'
import { switchHold } from '../../../src/core/annotations/switches.ts'
import { decide } from '../../../src/core/decide.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { failing, MINUTE, node, policy, suspicion, view } from '../../support/pure/view.ts'

function carrying(annotation: string | undefined, label: string | undefined): NodeFacts {
  const one = (value: string | undefined): Readonly<Record<string, string>> =>
    value === undefined ? {} : { [SKIP]: value }
  return node('w0', { annotations: one(annotation), labels: one(label) })
}

const CASES: readonly (readonly [
  annotation: string | undefined,
  label: string | undefined,
  value: string | undefined,
])[] = [
  [undefined, undefined, undefined],
  ['true', undefined, 'true'],
  [undefined, 'true', 'true'],
  ['false', undefined, undefined],
  [undefined, 'false', undefined],
  ['false', 'false', undefined],
  ['false', 'true', 'true'],
  ['true', 'false', 'true'],
  ['', undefined, ''],
  ['False', undefined, 'False'],
  ['no', 'true', 'no'],
]

for (const [annotation, label, value] of CASES) {
  t.test(`annotation ${annotation}, label ${label}: ${value === undefined ? 'healed' : 'left alone'}`, async (t) => {
    t.equal(skipValue(carrying(annotation, label)), value)
  })
}

t.test('everybody who asks whether a node is left alone hears the same', async (t) => {
  const text = fc.option(fc.constantFrom('true', 'false', '', 'False', 'yes', 'garbage'), { nil: undefined })
  const property = fc.property(text, text, (annotation, label) => {
    const facts = carrying(annotation, label)
    const picture = view({ nodes: [facts], suspicions: [suspicion('w0', [failing(10 * MINUTE)])] })
    const gates = decide(picture, policy()).verdicts.get('w0')?.gates
    const answers = [
      isOptedOut(facts, policy()),
      switchHold('w0', 'worker', picture)?.reason === 'OptedOut',
      gates?.find(({ gate }) => gate === 'OptedOut')?.pass === false,
    ]
    return answers.every((answer) => answer === answers[0])
  })
  t.doesNotThrow(() => fc.assert(property))
})

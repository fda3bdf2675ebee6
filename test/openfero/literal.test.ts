import fc from 'fast-check'
import t from 'tap'
import type { Piece } from '../../src/lib/pure/go-template/execute.ts'
import { literal } from '../../src/openfero/literal.ts'

const VARIABLES = new Map([
  ['HOME', '/root'],
  ['A', 'value'],
])

/** How a kubelet reads a text: third_party/forked/golang/expansion in kubernetes. */
function expand(text: string): string {
  return text.replace(/\$(?:(\$)|\(([^)]*)\))/g, (whole, dollar, name) => dollar ?? VARIABLES.get(name) ?? whole)
}

const signs = fc
  .array(fc.constantFrom('$', '(', ')', 'HOME', 'A', 'x', ' '), { maxLength: 8 })
  .map((all) => all.join(''))

t.test('whatever an alert says reaches the container as it is', async () => {
  fc.assert(
    fc.property(signs, (text) => expand(literal([{ text, isData: true }])) === text),
    { numRuns: 5_000 },
  )
})

t.test("nothing of an alert is resolved, and the author's own references are", async (t) => {
  const author = (text: string): Piece => ({ text, isData: false })
  const data = (text: string): Piece => ({ text, isData: true })
  t.equal(expand(literal([author('$(HOME)/'), data('$(A)'), author('$(A)')])), '/root/$(A)value')
  t.equal(expand(literal([author('$'), data('(HOME)')])), '$(HOME)')
  t.equal(expand(literal([author('$$'), data('(HOME)')])), '$(HOME)')
  t.equal(expand(literal([data('$'), author('(HOME)')])), '$(HOME)')
  t.equal(expand(literal([data('$'), data('(HOME)')])), '$(HOME)')
  t.equal(literal([author('cost '), data('$5')]), 'cost $5', 'what can begin nothing stays as OpenFero had it')
})

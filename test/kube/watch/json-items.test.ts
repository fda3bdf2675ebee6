import fc from 'fast-check'
import t from 'tap'
import { createItemSplitter } from '../../../src/kube/watch/json-items.ts'

function split(text: string, cuts: readonly number[]): { items: unknown[]; around: unknown } {
  const items: unknown[] = []
  const splitter = createItemSplitter((json) => items.push(JSON.parse(json.toString('utf8'))))
  const bytes = Buffer.from(text)
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  let from = 0
  for (const end of ends) {
    splitter.push(bytes.subarray(from, end))
    from = end
  }
  return { items, around: splitter.end() }
}

const object = fc.dictionary(fc.oneof(fc.constant('items'), fc.string()), fc.jsonValue())

t.test(
  'any list, cut anywhere, gives its items in order and the rest without them, wherever metadata stands',
  async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(
          fc.array(object, { maxLength: 6 }),
          object,
          fc.boolean(),
          fc.array(fc.nat(), { maxLength: 8 }),
          fc.nat(3),
          (items, metadata, itemsFirst, cuts, indent) => {
            const list = itemsFirst ? { items, metadata } : { metadata, items }
            const found = split(JSON.stringify(list, null, indent), cuts)
            const same = JSON.stringify(found.items) === JSON.stringify(JSON.parse(JSON.stringify(items)))
            return (
              same &&
              JSON.stringify((found.around as typeof list).metadata) ===
                JSON.stringify(JSON.parse(JSON.stringify(metadata)))
            )
          },
        ),
        { numRuns: 300 },
      ),
    )
  },
)

t.test('a list without items, or with null for items, has none', async (t) => {
  t.same(split('{"metadata":{},"items":null}', []), { items: [], around: { metadata: {}, items: null } })
  t.same(split('{"metadata":{}}', [3]), { items: [], around: { metadata: {} } })
})

t.test('a list that was cut short never passes for a whole one', async (t) => {
  const whole = JSON.stringify({ metadata: { resourceVersion: '7' }, items: [{ a: '}]"' }, { b: [1] }] })
  for (let end = 0; end < whole.length; end++) {
    t.throws(() => split(whole.slice(0, end), []), SyntaxError, `cut at ${end}`)
  }
})

import fc from 'fast-check'
import t from 'tap'
import { parseJsonObject } from '../../../src/lib/pure/json.ts'

t.test('a JSON object and nothing else', async (t) => {
  t.same(parseJsonObject('{"a":1,"b":[true]}'), { a: 1, b: [true] })
  for (const text of ['', '{', 'null', '[]', '1', '"{}"', '['.repeat(100_000)])
    t.equal(parseJsonObject(text), undefined)
})

t.test('whatever the text, it never throws', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseJsonObject(text))))
})

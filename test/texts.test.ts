import t from 'tap'
import { listTexts } from '../scripts/texts.ts'

const texts = listTexts()

/** What reads badly aloud, and why. */
const WRONG: readonly (readonly [why: string, pattern: RegExp])[] = [
  [
    'a double negative',
    /\b(nobody|no one|none|nothing|never|no \p{L}+) (need|needs|can|does|do|is|are|has|have|will) not\b/iu,
  ],
  ['a double negative', /\bnot (impossible|unlike|unusual|without)\b/i],
  ['a plural in brackets', /\p{L}\(s\)/u],
  ['a count that is one before a plural', /(^|\s)1 \p{L}+[^s\s]s\b(?! %)/u],
  ['a word twice', /\b(?!(?:heald|config)\b)(\p{L}{2,}) \1\b/iu],
  ['a word that only its authors know', /\b(stand-in|requeue|memoi[sz]e|singleton|fixture|helper)s?\b/i],
]

t.test('every text that the program can print is found', async (t) => {
  t.ok(texts.length > 1_000)
  const all = new Set(texts.map(({ text }) => text))
  t.ok(all.has('a person gave the node back to heald'))
  t.ok(all.has('{} is to be repaired: {}'), 'what is put in stands as {}')
})

for (const [why, pattern] of WRONG) {
  t.test(`no text holds ${why}: ${pattern.source}`, async (t) => {
    t.same(
      texts.filter(({ text }) => pattern.test(text)),
      [],
    )
  })
}

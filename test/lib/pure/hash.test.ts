import t from 'tap'
import { fnv1a, fnv1aHex } from '../../../src/lib/pure/hash.ts'

t.test('the hash is 32-bit FNV-1a, by its published test vectors', async (t) => {
  t.equal(fnv1a(''), 0x811c9dc5)
  t.equal(fnv1a('a'), 0xe40c292c)
  t.equal(fnv1a('foobar'), 0xbf9cf968)
  t.equal(fnv1aHex('\u0000'), '050c5d1f', 'leading zeros stay')
})

import t from 'tap'
import { alignColumns, wrapWords } from '../../../src/lib/pure/columns.ts'

t.test('a column is as wide as its widest cell, and no line ends in blanks', async (t) => {
  t.same(alignColumns([['a', 'bb'], ['ccc', ''], []]), ['a    bb', 'ccc', ''])
  t.same(alignColumns([['a', 'b']], ' | '), ['a | b'])
})

t.test('lines hold whole words; a word that is longer than a line stays in one piece', async (t) => {
  t.same(wrapWords('one two abcdefghijkl three'.split(' '), 8), ['one two', 'abcdefghijkl', 'three'])
  t.same(wrapWords(['12345678'], 8), ['12345678'])
  t.same(wrapWords([], 8), [])
})

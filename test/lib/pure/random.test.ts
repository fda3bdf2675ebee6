import t from 'tap'
import { createChance } from '../../../src/lib/pure/random.ts'

t.test('chance is the same for the same thing at the same moment, whoever asks before', async (t) => {
  const [one, other] = [createChance(7), createChance(7)]
  other('a beat of w2', 5_000)
  t.equal(one('a beat of w1', 10_000), other('a beat of w1', 10_000))
  t.not(one('a beat of w1', 10_000), one('a beat of w2', 10_000))
  t.not(one('a beat of w1', 10_000), one('a beat of w1', 20_000))
  t.not(one('a beat of w1', 10_000), createChance(8)('a beat of w1', 10_000))
})

t.test('chance is even: of many moments as many fall below a share as it says', async (t) => {
  const chance = createChance(1)
  for (const share of [0.1, 0.5, 0.9]) {
    const hits = Array.from({ length: 10_000 }, (_, beat) => chance('w1', beat * 10_000)).filter((one) => one < share)
    t.ok(Math.abs(hits.length - share * 10_000) < 200, `${hits.length} of 10000 below ${share}`)
  }
})

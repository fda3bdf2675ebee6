import fc from 'fast-check'
import t from 'tap'
import { formatControlPlane, parseControlPlane } from '../../../src/core/annotations/control-plane.ts'

const AT = Date.parse('2026-03-01T12:00:00Z')

t.test('what was written is read back', async (t) => {
  const count = fc.integer({ min: 1, max: 1_000 })
  const counts = fc.array(fc.record({ count, lastSeen: fc.integer({ min: 0, max: 4e12 }) }))
  const property = fc.property(counts, (one) => t.same(parseControlPlane(formatControlPlane(one)), one))
  t.doesNotThrow(() => fc.assert(property))
  t.equal(formatControlPlane([{ count: 5, lastSeen: AT }]), '[{"count":5,"lastSeen":"2026-03-01T12:00:00.000Z"}]')
})

t.test('garbage never throws, and does not take what can be read with it', async (t) => {
  const good = '{"count":5,"lastSeen":"2026-03-01T12:00:00Z","later":"versions"}'
  for (const bad of [
    ...['null', '7', '"5"', '[]', '{}', '{"count":5}', '{"lastSeen":"2026-03-01T12:00:00Z"}'],
    ...['0', '-3', '2.5', '1e9', '"5"', 'null'].map((count) => `{"count":${count},"lastSeen":"2026-03-01T12:00:00Z"}`),
    ...['7', '"soon"', '"2026-03-01"', 'null'].map((lastSeen) => `{"count":5,"lastSeen":${lastSeen}}`),
  ]) {
    t.same(parseControlPlane(`[${bad},${good}]`), [{ count: 5, lastSeen: AT }], bad)
  }
  for (const text of [undefined, '', 'x', '{}', good, '5', 'null', '['.repeat(100_000)]) {
    t.same(parseControlPlane(text), [])
  }
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseControlPlane(text))))
})

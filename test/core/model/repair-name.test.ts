import fc from 'fast-check'
import t from 'tap'
import { repairName } from '../../../src/core/model/repair-name.ts'

const UID = '0b1e3c52-7a3e-4f7e-9a55-1f6f3f1b9f10'
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

t.test('a name is the node, part of its UID and a number that starts at 1', async (t) => {
  t.equal(repairName('worker-1', UID, []), 'worker-1-0b1e3c52-1')
  t.equal(repairName('ip-10-0-0-1.eu.example', UID, []), 'ip-10-0-0-1.eu.example-0b1e3c52-1')
})

t.test('the number is one above the highest kept of this very node, not the first that is free', async (t) => {
  const kept = ['worker-1-0b1e3c52-2', 'worker-1-0b1e3c52-9', 'worker-1-0b1e3c52-10', 'worker-1-ffffffff-40']
  t.equal(repairName('worker-1', UID, [...kept, 'worker-10-0b1e3c52-50', 'heald-probe']), 'worker-1-0b1e3c52-11')
  t.equal(
    repairName('worker', UID, ['worker-1-0b1e3c52-7', 'worker-0b1e3c52-x', 'worker-0b1e3c52-3x']),
    'worker-0b1e3c52-1',
  )
})

t.test('long names that differ only at their end stay apart', async (t) => {
  const long = 'a'.repeat(60)
  t.not(repairName(`${long}.b`, UID, []), repairName(`${long}.c`, UID, []))
})

t.test(
  'a name is always a DNS subdomain of at most 63 characters, new among those kept, and the same for everybody',
  async (t) => {
    const node = fc.oneof(fc.string({ maxLength: 300 }), fc.stringMatching(/^[a-z0-9.-]{1,260}$/))
    const property = fc.property(
      node,
      fc.oneof(fc.uuid(), fc.string()),
      fc.integer({ min: 0, max: 30 }),
      (name, uid, times) => {
        const kept: string[] = []
        for (let i = 0; i <= times; i++) {
          const next = repairName(name, uid, kept)
          if (!SUBDOMAIN.test(next) || next.length > 63 || kept.includes(next)) return false
          if (next !== repairName(name, uid, [...kept].reverse())) return false
          kept.push(next)
        }
        return kept.at(-1)?.endsWith(`-${times + 1}`) === true
      },
    )
    t.doesNotThrow(() => fc.assert(property))
  },
)

import fc from 'fast-check'
import { anyCharacter } from '../support/pure/arbitrary-character.ts'

/** Text that has broken programs before: keys of prototypes, very long, not quite UTF-8, not quite YAML. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string(),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom(
    ...['', '__proto__', 'constructor', 'toString', 'null', 'true', '-1', '1e999', 'NaN', '{}', '[]', '"', '{"', '\0'],
    ...['2h', '2h:', ': x', '-5m', '99999999999h', '2026-13-45T99:99:99Z', '0000-00-00T00:00:00Z', '%s%n', '🦔'],
  ),
  fc.integer({ min: 1, max: 100_000 }).map((length) => 'x'.repeat(length)),
)

/** Without those that make a text of an object: the pretend world's own programs make texts of what they find. */
const key = fc
  .oneof(fc.constantFrom('__proto__', 'constructor', 'type', 'status', 'name', 'key', 'value'), fc.string())
  .filter((name) => name !== 'toString' && name !== 'valueOf')

/** Any JSON at all, with absurd numbers and keys, as a parser makes it. */
export const hostileJson: fc.Arbitrary<unknown> = fc
  .letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      hostileText,
      fc.constantFrom(null, true, false, 0, -1, 1e308, 2 ** 53),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    ),
  }))
  .any.map((value) => JSON.parse(JSON.stringify(value)))

import { readFileSync } from 'node:fs'
import t from 'tap'
import { MENDED_RULES } from '../../bench/mended-rules.ts'
import { OUTAGES } from '../support/outage/expected.ts'

t.test(
  'each rule that `npm run mends` takes out is there once, shows in an outage, and stands in docs/safety.md',
  async (t) => {
    const page = readFileSync('docs/safety.md', 'utf8')
    for (const { rule, file, code, outage } of MENDED_RULES) {
      t.equal(readFileSync(file, 'utf8').split(code).length, 2, `${rule}: ${file}`)
      t.ok(outage in OUTAGES, outage)
      t.ok(page.includes(`| ${rule} | \`${outage}\` |`), rule)
    }
  },
)

import t from 'tap'
import { z } from 'zod'
import { renderConfigDoc } from '../../../src/config/docs/render-doc.ts'
import { renderConfigSchema } from '../../../src/config/docs/render-schema.ts'
import { loadConfig } from '../../../src/config/load/load.ts'
import { options } from '../options.ts'

const errands = z
  .strictObject({ mostAtOnce: z.int().min(1).prefault(5).describe('How many are run side by side.') })
  .prefault({})
  .describe('What is fetched.')
const withErrands = { ...options, sections: { errands } }

t.test("a section's own block is read, has its defaults, and its mistakes have a line", async (t) => {
  const load = (text: string) => loadConfig(text, { file: 'trial', ...withErrands }).config
  t.same(load('dryRun: true').sections, { errands: { mostAtOnce: 5 } })
  t.same(load('errands: {most-at-once: 7}').sections, { errands: { mostAtOnce: 7 } }, 'in kebab-case too')
  t.notOk('errands' in load('dryRun: true'), 'heald’s own settings stay apart')
  t.throws(() => load('dryRun: true\nerrands: {mostAtOnce: 0}'), /trial:2:\d+: errands\.mostAtOnce/)
  t.throws(() => loadConfig('errands: {}', { file: 'trial', ...options }), /errands/, 'unknown without the section')
})

t.test("a section's own block stands in the documentation and in the JSON schema", async (t) => {
  t.match(renderConfigDoc(withErrands), /`errands\.mostAtOnce` \| integer \| `5` \| How many are run side by side\./)
  t.match(JSON.parse(renderConfigSchema(withErrands)), {
    properties: { errands: { properties: { mostAtOnce: { default: 5 } } } },
  })
})

import t from 'tap'
import { nodeRepairRules } from '../../contract/node-repair-rules.ts'
import { embeddedApi } from '../../support/kube/api.ts'

t.test('the embedded API refuses what the rules forbid, by every way in', async (t) => {
  await nodeRepairRules(t, (await embeddedApi(t)).http, { real: false })
})

import t from 'tap'
import { testCloudProvider } from '../../contract/cloud-provider.ts'
import { redfishFixture } from '../../support/own/redfish-park.ts'

t.setTimeout(600_000)
t.test('an ES module of one’s own keeps the contract of a cloud', async (t) => {
  await testCloudProvider(t, await redfishFixture(t))
})

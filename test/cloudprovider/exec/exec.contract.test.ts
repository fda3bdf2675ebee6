import t from 'tap'
import { testCloudProvider } from '../../contract/cloud-provider.ts'
import { virshFixture } from '../../support/own/virsh-park.ts'

t.setTimeout(600_000)
t.test('a shell script of one’s own keeps the contract of a cloud', async (t) => {
  await testCloudProvider(t, virshFixture(t.testdir({})))
})

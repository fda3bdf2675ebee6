import t from 'tap'
import { testCloudProvider } from '../../contract/cloud-provider.ts'
import { OpenStackCloud } from '../../support/openstack/openstack-cloud.ts'
import { fixtureOf } from '../../support/openstack/openstack-fixture.ts'

t.setTimeout(120_000)
t.test('workers of a cluster of magnum-cluster-api: the provider keeps the contract', async (t) => {
  const cloud = new OpenStackCloud()
  const repairs = [
    { rung: 'reboot-hard', from: 'running' },
    { rung: 'replace', from: 'running' },
  ] as const
  await testCloudProvider(t, fixtureOf(cloud, 'node', repairs, true))
})

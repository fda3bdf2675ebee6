import t from 'tap'
import { testCloudProvider } from '../../contract/cloud-provider.ts'
import { OpenStackCloud } from '../../support/openstack/openstack-cloud.ts'
import { fixtureOf } from '../../support/openstack/openstack-fixture.ts'

t.setTimeout(120_000)
t.test('workers of a Magnum cluster: the provider keeps the contract', async (t) => {
  const cloud = new OpenStackCloud()
  await testCloudProvider(
    t,
    fixtureOf(cloud, 'node', [
      { rung: 'start', from: 'off' },
      { rung: 'reboot-soft', from: 'running' },
      { rung: 'reboot-hard', from: 'paused' },
      { rung: 'replace', from: 'running' },
      { rung: 'replace', from: 'off' },
    ]),
  )
})

import type { Test } from 'tap'
import type { CloudFixture } from './cloud-provider.ts'

/** What a provider says of Nodes as a whole: whose they are. */
export async function testCloudNodes(t: Test, cloud: CloudFixture): Promise<void> {
  await t.test('a Node of another cloud is none of its own, and its own Nodes are', async (t) => {
    const node = await cloud.create('whose')
    await cloud.mutations()
    const provider = cloud.provider()
    if (provider.notOurs === undefined) return
    t.equal(provider.notOurs(node), undefined)
    t.equal(provider.notOurs({ ...node, providerID: undefined }), undefined, 'nothing is said of whoever says nothing')
    t.match(provider.notOurs({ ...node, providerID: 'elsewhere://x/1' }), /elsewhere:\/\/x\/1/)
  })
}

import type { Test } from 'tap'
import { membersWithoutNode } from '../../src/core/evidence/members-without-node.ts'
import type { Member } from '../../src/core/model/instance.ts'
import type { NodeFacts } from '../../src/core/model/node.ts'
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
  await testCloudMembers(t, cloud)
}

/** Which machines there are, whether Nodes stand for them or not. */
async function testCloudMembers(t: Test, cloud: CloudFixture): Promise<void> {
  const { signal } = new AbortController()
  const list = async () => {
    const answer = await cloud.provider().members?.(signal)
    return answer !== undefined && 'members' in answer ? answer.members : undefined
  }
  const missing = (members: readonly Member[], nodes: readonly NodeFacts[]) => {
    const compared = membersWithoutNode(members, nodes)
    return 'missing' in compared ? compared.missing : []
  }

  await t.test('the machine of a Node is a member under its id, in the state that inspect sees', async (t) => {
    const node = await cloud.create('member-1')
    const located = await cloud.provider().locate(node, signal)
    const members = await list()
    if (members === undefined || !('found' in located)) return
    const { id } = located.found
    t.match(
      members.filter(({ ref }) => ref.id === id),
      [{ power: 'running', role: node.role }],
    )
    t.notOk(
      missing(members, [node]).some(({ ref }) => ref.id === id),
      'its Node stands for it',
    )
    t.ok(
      missing(members, []).some(({ ref }) => ref.id === id),
      'without a Node it is missing',
    )
    await cloud.breakIt(node, 'off')
    t.equal((await list())?.find(({ ref }) => ref.id === id)?.power, 'off')
  })

  await t.test(
    'what is gone with its slot, or of another cluster, is no member; to list changes nothing',
    async (t) => {
      for (const fault of ['gone', 'foreign'] as const) {
        const node = await cloud.create(`member-${fault}`)
        const located = await cloud.provider().locate(node, signal)
        if ((await list()) === undefined || !('found' in located)) return
        await cloud.mutations()
        await cloud.breakIt(node, fault)
        const { id } = located.found
        const own = (await list())?.find(({ ref }) => ref.id === id)
        t.ok(own === undefined || (fault === 'foreign' && own.nodeName !== node.name), fault)
        t.strictSame(await cloud.mutations(), [])
      }
    },
  )
}

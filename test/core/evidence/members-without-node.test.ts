import t from 'tap'
import { membersWithoutNode } from '../../../src/core/evidence/members-without-node.ts'
import type { Member } from '../../../src/core/model/instance.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { node } from '../../support/pure/view.ts'

const ID = '0b6bd0f4-0c5b-4b0f-8c2e-0f5a5e1b0001'
const member: Member = {
  ref: { id: ID, name: 'C1_Worker' },
  role: 'worker',
  power: 'running',
  nodeName: 'c1-worker',
  addresses: ['10.0.0.7'],
}
const other = node('other', { providerID: 'openstack:///0b6bd0f4-0c5b-4b0f-8c2e-0f5a5e1b0002' })

t.test('one trait of the machine is enough for a Node to stand for it', async (t) => {
  const traits: readonly (readonly [string, Partial<NodeFacts>])[] = [
    ['renamed', { providerID: `openstack:///${ID}` }],
    ['renamed', { providerID: `openstack://RegionOne/${ID.toUpperCase()}` }],
    ['renamed', { providerID: undefined, systemUUID: ID.toUpperCase() }],
    ['renamed', { providerID: undefined, machineID: ID.replaceAll('-', '') }],
    ['renamed', { providerID: undefined, addresses: [{ type: 'InternalIP', address: '10.0.0.7' }] }],
    ['c1-worker', { providerID: undefined }],
    ['c1-worker.example.com', { providerID: undefined }],
  ]
  for (const [name, facts] of traits) {
    t.strictSame(membersWithoutNode([member], [other, node(name, facts)]), { missing: [] }, JSON.stringify(facts))
  }
})

t.test('a machine that no Node names has none, and a Node that may be any machine leaves that open', async (t) => {
  t.strictSame(membersWithoutNode([member], []), { missing: [member] })
  t.strictSame(membersWithoutNode([member], [other]), { missing: [member] })
  const nameless = node('renamed', { providerID: undefined })
  t.match(membersWithoutNode([member], [nameless]), { doubt: /renamed has no providerID/ })
  t.strictSame(membersWithoutNode([member], [{ ...nameless, notOurs: 'virtual' }]), { missing: [member] })
})

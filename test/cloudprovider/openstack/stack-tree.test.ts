import t from 'tap'
import { ResourcesAnswer, StackAnswer } from '../../../src/cloudprovider/openstack/schema/answers.ts'
import {
  etcdVolume,
  findMember,
  membersOf,
  othersFailing,
  removedBy,
} from '../../../src/cloudprovider/openstack/survey/stack-tree.ts'
import { transcript } from '../../support/openstack/openstack-replay.ts'

const resources = (number: string) => ResourcesAnswer.parse(transcript(number).response.body).resources
const placed = (number: string): string[] =>
  membersOf(resources(number))
    .map(({ group, index, server }) => `${group}/${index} ${server.physical_resource_id?.slice(0, 8)}`)
    .sort()

t.test("a recorded tree is read as the group's machines, masters and workers apart", async (t) => {
  t.same(placed('048'), [
    'kube_masters/0 d3d0b25b',
    'kube_masters/1 1d8b8b9f',
    'kube_masters/2 16cd866e',
    'kube_minions/0 9e30030e',
    'kube_minions/1 2ea1bda2',
    'kube_minions/2 a18ade21',
  ])
  const member = findMember(resources('048'), '1d8b8b9f-0622-46f3-b0f9-ac3015f40b19')
  t.match(member, { group: 'kube_masters', index: 1, stack: { id: '644e7a15-745d-42d8-ac93-ed5074fa4c81' } })
  t.equal(findMember(resources('048'), '00000000-0000-0000-0000-000000000000'), undefined)
})

t.test('an update under way shows who goes and who comes', async (t) => {
  t.match(placed('101').join(), /kube_minions\/5 f75069f9.*kube_minions\/8 09de3229/)
})

t.test('of a failed update the machine that never came counts, the groups above it do not', async (t) => {
  const failed = resources('127')
  const names = (list: ReturnType<typeof othersFailing>) =>
    list.map((one) => `${one.parent_resource}/${one.resource_name} ${one.resource_status}`)
  t.same(names(othersFailing(failed, [])), ['11/kube-minion CREATE_FAILED'])
  const own = membersOf(failed).filter(({ index }) => index === 11)
  t.same(othersFailing(failed, own), [], 'unless it is the one that is replaced')
  const marked = failed.map((one) =>
    one.resource_name === 'kube_masters' ? { ...one, resource_status: 'CHECK_FAILED' } : one,
  )
  t.match(
    names(othersFailing(marked, own)),
    ['undefined/kube_masters CHECK_FAILED'],
    'a marked group would go as a whole',
  )
  t.same(othersFailing(resources('048'), []), [])
})

t.test('the ids of the last resize stand in the stack, as text or as a list', async (t) => {
  const { stack } = StackAnswer.parse(transcript('107').response.body)
  t.same([...removedBy(stack.parameters)], ['08e5f98d-606d-472a-94bf-eb13264271ea'])
  t.same([...removedBy({ minions_to_remove: "['a', 'b']" })], ['a', 'b'])
  t.same([...removedBy({ minions_to_remove: ['a', 'b'] })], ['a', 'b'])
  t.same([...removedBy({ minions_to_remove: '' }), ...removedBy({}), ...removedBy(null)], [])
})

t.test('a disabled etcd volume is none', async (t) => {
  const [member] = membersOf(resources('048'))
  const volume = (id: string) => ({
    resource_name: 'etcd_volume',
    physical_resource_id: id,
    resource_status: 'CREATE_COMPLETE',
    resource_type: 'x',
    links: [],
  })
  const withVolume = (id: string) => ({ ...member!, resources: [...member!.resources, volume(id)] })
  t.equal(etcdVolume(member!), undefined)
  t.equal(etcdVolume(withVolume('c1-etcd_volume-abc123')), undefined, "Heat's placeholder")
  t.equal(etcdVolume(withVolume('8f5135c7-b48d-44e7-8cd2-b6fd280ca95a')), '8f5135c7-b48d-44e7-8cd2-b6fd280ca95a')
})

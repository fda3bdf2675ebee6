import t from 'tap'
import { createCinder } from '../../../src/cloudprovider/openstack/services/cinder.ts'
import { createHeat } from '../../../src/cloudprovider/openstack/services/heat.ts'
import { createMagnum, stackIdOf } from '../../../src/cloudprovider/openstack/services/magnum.ts'
import { createNova } from '../../../src/cloudprovider/openstack/services/nova.ts'
import { ProviderError } from '../../../src/core/ports/cloud-provider.ts'
import { type Replay, startReplay, transcript } from '../../support/openstack/openstack-replay.ts'

const never = Object.assign(new AbortController().signal, { isOver: () => false })
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const CLUSTER = 'c236adfa-a79d-42a4-841e-8ee82ca65c2c'
const SERVER = '9e30030e-933f-46b4-9d95-1f2486c981f0'
const STACK = { name: 'c1-3zhsepxi4sfo', id: '05fd1580-de7b-4fda-a647-7b8902f0d08c' }
const MEMBER = {
  name: 'c1-3zhsepxi4sfo-kube_masters-rsluwnctkmj6-1-kt5x2ivv4q7k',
  id: '644e7a15-745d-42d8-ac93-ed5074fa4c81',
}

/** What one call sends and what it makes of the recorded answer. */
interface Row {
  readonly number: string
  readonly call: (replay: Replay) => Promise<unknown>
  readonly gives?: unknown
  readonly throws?: { readonly kind: string; readonly effect: string; readonly message?: RegExp }
  /** Other than recorded. */
  readonly line?: string
  readonly body?: unknown
  readonly first?: readonly string[]
}

const nova = (replay: Replay) => createNova(replay.service('nova'))
const heat = (replay: Replay) => createHeat(replay.service('heat'))
const magnum = (replay: Replay, name = CLUSTER) => createMagnum(replay.service('magnum'), name, quiet)

const ROWS: readonly Row[] = [
  {
    number: '052',
    call: (r) => nova(r).server(SERVER, never),
    gives: { name: 'c1-3zhsepxi4sfo-node-0', status: 'ACTIVE' },
  },
  { number: '055', call: (r) => nova(r).server('00000000-0000-0000-0000-000000000000', never), gives: undefined },
  {
    number: '064',
    call: (r) => nova(r).server(SERVER, never),
    gives: { status: 'SHUTOFF', 'OS-EXT-STS:power_state': 4 },
  },
  { number: '071', call: (r) => nova(r).server(SERVER, never), gives: { status: 'ERROR' } },
  {
    number: '074',
    call: (r) => nova(r).server(SERVER, never),
    gives: { status: 'REBOOT', 'OS-EXT-STS:task_state': 'rebooting' },
  },
  { number: '069', call: (r) => nova(r).bootMark(SERVER, never), gives: 'req-328d8f5f-38b7-4e6b-8572-a89af10fd068' },
  { number: '058', call: (r) => nova(r).reboot(SERVER, 'SOFT', never) },
  { number: '059', call: (r) => nova(r).reboot(SERVER, 'HARD', never) },
  { number: '061', call: (r) => nova(r).stop(SERVER, never) },
  { number: '065', call: (r) => nova(r).start(SERVER, never) },
  {
    number: '063',
    call: (r) => nova(r).reboot(SERVER, 'SOFT', never),
    throws: { kind: 'conflict', effect: 'none', message: /vm_state stopped \(req-8edc598a/ },
  },
  {
    number: '072',
    call: (r) => nova(r).reboot(SERVER, 'SOFT', never),
    throws: { kind: 'conflict', effect: 'none', message: /vm_state error/ },
  },
  {
    number: '075',
    call: (r) => nova(r).reboot(SERVER, 'SOFT', never),
    throws: { kind: 'conflict', effect: 'none', message: /task_state rebooting/ },
  },
  { number: '062', call: (r) => nova(r).stop(SERVER, never), throws: { kind: 'conflict', effect: 'none' } },
  { number: '066', call: (r) => nova(r).start(SERVER, never), throws: { kind: 'conflict', effect: 'none' } },
  {
    number: '202',
    call: (r) => nova(r).attachments('9880ae8d-511c-4de2-988f-358c3af459c8', never),
    gives: [{ volumeId: '8f5135c7-b48d-44e7-8cd2-b6fd280ca95a', device: '/dev/sdb' }],
  },
  {
    number: '204',
    call: (r) => nova(r).detach('9880ae8d-511c-4de2-988f-358c3af459c8', '8f5135c7-b48d-44e7-8cd2-b6fd280ca95a', never),
  },
  {
    number: '203',
    line: 'GET /v3/50ad70b2778c4571884146d94e1c6c90/volumes/8f5135c7-b48d-44e7-8cd2-b6fd280ca95a',
    call: (r) => createCinder(r.service('cinder')).volume('8f5135c7-b48d-44e7-8cd2-b6fd280ca95a', never),
    throws: { kind: 'unsupported', effect: 'none', message: /no service of type/ },
  },
  {
    number: '016',
    line: `GET /v1/clusters/${CLUSTER}`,
    call: (r) => magnum(r).cluster(never),
    gives: { uuid: CLUSTER, status: 'CREATE_COMPLETE', labels: { auto_healing_enabled: 'true' } },
  },
  {
    number: '125',
    call: (r) => magnum(r).cluster(never),
    gives: { status: 'UPDATE_FAILED', faults: { 'default-worker': /No valid host/ } },
  },
  {
    number: '020',
    first: ['020'],
    call: (r) => magnum(r, 'nosuch').cluster(never),
    throws: { kind: 'not-found', effect: 'none', message: /no cluster nosuch/ },
  },
  {
    number: '024',
    call: (r) => magnum(r).groups(never),
    gives: [
      { name: 'default-master', role: 'master' },
      { name: 'default-worker', role: 'worker', node_count: 3 },
    ],
  },
  {
    number: '026',
    call: (r) => magnum(r).group('a28b1df8-5d21-4796-be1b-bed929761cc4', never),
    gives: {
      node_count: 3,
      min_node_count: 0,
      max_node_count: null,
      node_addresses: ['10.0.2.0', '10.0.2.1', '10.0.2.2'],
    },
  },
  {
    number: '132',
    call: (r) => magnum(r).group('extra', never),
    gives: { stack_id: '9b53dede-9323-47ac-9721-1faa7d97afd4', min_node_count: 1, max_node_count: 3 },
  },
  {
    number: '077',
    call: (r) =>
      magnum(r).resize({ count: 3, remove: ['2ea1bda2-acd2-4957-aba0-8a28db3454ee'], group: 'default-worker' }, never),
  },
  {
    number: '089',
    call: (r) => magnum(r).resize({ count: 3, remove: [], group: 'default-master' }, never),
    body: { node_count: 3, nodes_to_remove: [], nodegroup: 'default-master' },
    throws: { kind: 'invalid', effect: 'none', message: /not supported/ },
  },
  {
    number: '095',
    call: (r) => magnum(r).resize({ count: 3, remove: [], group: 'g' }, never),
    body: { node_count: 3, nodes_to_remove: [], nodegroup: 'g' },
    throws: { kind: 'not-found', effect: 'none' },
  },
  {
    number: '135',
    call: (r) => magnum(r).resize({ count: 9, remove: [], group: 'extra' }, never),
    body: { node_count: 9, nodes_to_remove: [], nodegroup: 'extra' },
    throws: { kind: 'invalid', effect: 'none', message: /min_node_count = 1, max_node_count = 3/ },
  },
  {
    number: '031',
    call: (r) => magnum(r).patchHealth('UNHEALTHY', { 'c1-node-1.Ready': 'False' }, never),
    body: [
      { op: 'replace', path: '/health_status', value: 'UNHEALTHY' },
      { op: 'replace', path: '/health_status_reason', value: '{"c1-node-1.Ready":"False"}' },
    ],
  },
  {
    number: '113',
    call: (r) => heat(r).mark(MEMBER, 'kube-master', true, 'Mark resource unhealthy by autohealing service', never),
    throws: { kind: 'unauthorized', effect: 'none' },
  },
  {
    number: '115',
    call: (r) => heat(r).mark(MEMBER, 'kube-master', true, 'Mark resource unhealthy by autohealing service', never),
  },
  {
    number: '117',
    call: (r) => heat(r).mark(MEMBER, 'nosuch', true, 'Mark resource unhealthy by autohealing service', never),
    throws: { kind: 'not-found', effect: 'none' },
  },
  { number: '119', call: (r) => heat(r).update(STACK, never) },
  {
    number: '208',
    line: `PATCH /v1/50ad70b2778c4571884146d94e1c6c90/stacks/${STACK.name}/${STACK.id}`,
    call: (r) => heat(r).update(STACK, never),
    throws: { kind: 'conflict', effect: 'none', message: /already has an action/ },
  },
]

for (const { number, call, gives, throws, line, body, first } of ROWS) {
  const recorded = transcript(number)
  await t.test(
    `${number}: ${recorded.request.line.split('/').at(-2)} is asked and understood as recorded`,
    async (t) => {
      const replay = await startReplay(t)
      const isMagnum = recorded.request.line.includes('/clusters')
      // Magnum is asked for its newest version first.
      replay.answer(...(first ?? (isMagnum ? ['016'] : [])), number)
      const end = await call(replay).catch((thrown: unknown) => thrown)
      if (throws !== undefined) {
        t.type(end, ProviderError)
        t.match(end, throws)
      } else if (gives === undefined) t.equal(end, undefined)
      else t.match(end, gives)
      const asked = replay.asked().at(-1)
      if (asked === undefined) return t.match(end, { kind: 'unsupported' }, 'nothing was asked')
      const expected =
        line ?? recorded.request.line.replace(/ HTTP.*/, '').replace('clusters/c1 ', `clusters/${CLUSTER} `)
      t.equal(asked.line, expected)
      t.same(asked.body, body === undefined ? recorded.request.body : body)
    },
  )
}

t.test('Magnum is spoken to in its newest version up to 1.12, asked for once', async (t) => {
  const replay = await startReplay(t)
  replay.answer('016')
  const api = magnum(replay)
  await api.cluster(never)
  await api.cluster(never)
  const versions = replay.asked().map(({ version }) => version)
  t.same(versions, [undefined, 'container-infra 1.10', 'container-infra 1.10'])
})

t.test('an unknown version is told as unsupported, with the range', async (t) => {
  const replay = await startReplay(t)
  replay.answer('016', '019')
  await t.rejects(magnum(replay).cluster(never), {
    kind: 'unsupported',
    effect: 'none',
    message: /1\.1, container-infra 1\.10/,
  })
})

t.test('from Magnum 1.13 on the stack is called cluster_id', async (t) => {
  t.equal(stackIdOf({ uuid: 'u', cluster_id: 'x' }), 'x')
  t.equal(stackIdOf({ uuid: 'u', stack_id: 'y', cluster_id: 'y' }), 'y')
  t.equal(stackIdOf({ uuid: 'u', stack_id: null }), undefined)
})

t.test("Heat's redirect is read and not followed: the name comes from it, the host from the catalog", async (t) => {
  const replay = await startReplay(t)
  replay.answer('046', '047', '048')
  const api = heat(replay)
  t.match(await api.stack(STACK.id, never), { stack_name: STACK.name, stack_status: 'CREATE_COMPLETE' })
  t.equal((await api.resources(STACK, never)).length, 14)
  const project = '/v1/50ad70b2778c4571884146d94e1c6c90'
  t.same(
    replay.asked().map(({ line }) => line),
    [
      `GET ${project}/stacks/${STACK.id}`,
      `GET ${project}/stacks/${STACK.name}/${STACK.id}?resolve_outputs=false`,
      `GET ${project}/stacks/${STACK.name}/${STACK.id}/resources?nested_depth=4`,
    ],
  )
})

t.test('a token that a service refuses is renewed once; refused again it is an error without effect', async (t) => {
  const replay = await startReplay(t)
  replay.answer('012', '016', '016')
  await t.rejects(magnum(await renewed(t)).cluster(never), { kind: 'unauthorized', effect: 'none', message: /401/ })
  t.match(await magnum(replay).cluster(never), { uuid: CLUSTER })
})

async function renewed(t: { teardown(handler: () => void): void }): Promise<Replay> {
  const replay = await startReplay(t)
  replay.answer('012')
  return replay
}

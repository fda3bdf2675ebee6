import t from 'tap'
import { createSession } from '../../../src/cloudprovider/openstack/auth/auth.ts'
import { describeMissing, findEndpoint } from '../../../src/cloudprovider/openstack/auth/catalog.ts'
import type { Credentials } from '../../../src/cloudprovider/openstack/auth/credentials.ts'
import { createExchange } from '../../../src/cloudprovider/openstack/auth/exchange.ts'
import { createHttp } from '../../../src/cloudprovider/openstack/auth/http.ts'
import { keepLog, OpenStackCloud, PASSWORD } from '../../support/openstack/openstack-cloud.ts'
import { CREDENTIALS } from '../../support/openstack/openstack-replay.ts'

const never = new AbortController().signal

async function start(t: Parameters<OpenStackCloud['start']>[0]) {
  const cloud = await new OpenStackCloud().start(t)
  const { log, lines } = keepLog()
  const clock = { time: 0, now: () => clock.time, wall: () => clock.time, sleep: async () => undefined }
  const state = { password: PASSWORD }
  const load = async (): Promise<Credentials> => ({
    ...CREDENTIALS,
    identity: { kind: 'password', user: { id: 'u' }, password: state.password },
    authUrl: `${cloud.url}/keystone/v3`,
  })
  const session = createSession({
    http: createHttp(
      log,
      createExchange(() => undefined),
    ),
    clock,
    log,
    load,
    random: () => 0,
  })
  const logins = () => cloud.seen.filter(({ service }) => service === 'keystone').length
  return { cloud, clock, session, state, logins, lines }
}

t.test('one token serves all callers until it is about to end', async (t) => {
  const { session, clock, logins } = await start(t)
  const [a, b] = await Promise.all([session.login(never), session.login(never)])
  t.equal(a.token.id, b.token.id)
  t.equal(logins(), 1)
  clock.time = 3_200_000
  t.equal((await session.login(never)).token.id, a.token.id)
  clock.time = 3_302_000
  t.not((await session.login(never)).token.id, a.token.id, '5 min ahead')
  t.equal(logins(), 2)
})

t.test('a token of a minute is renewed in its last fifth', async (t) => {
  const { session, clock, cloud } = await start(t)
  cloud.tokenSeconds = 60
  const first = await session.login(never)
  clock.time = 46_000
  t.equal((await session.login(never)).token.id, first.token.id)
  clock.time = 50_000
  t.not((await session.login(never)).token.id, first.token.id)
})

t.test('a renewal that fails ahead of time keeps the old token while it is good', async (t) => {
  const { session, clock, cloud } = await start(t)
  const first = await session.login(never)
  cloud.trouble = () => 'cut-before'
  clock.time = 3_400_000
  t.equal((await session.login(never)).token.id, first.token.id)
  clock.time = 3_700_000
  await t.rejects(session.login(never), { name: 'ProviderError', kind: 'unavailable', effect: 'none' })
})

t.test('ten callers who were refused the same token share one re-authentication', async (t) => {
  const { session, logins } = await start(t)
  const { token } = await session.login(never)
  const again = await Promise.all(Array.from({ length: 10 }, () => session.login(never, token.id)))
  t.equal(new Set(again.map((login) => login.token.id)).size, 1)
  t.equal(logins(), 2)
  t.equal((await session.login(never, token.id)).token.id, again[0]?.token.id, 'who comes late gets the new one')
  t.equal(logins(), 2)
})

t.test('one caller gives up, the others still get the token', async (t) => {
  const { session, logins } = await start(t)
  const gone = new AbortController()
  const first = session.login(gone.signal)
  const second = session.login(never)
  gone.abort(new Error('lease lost'))
  await t.rejects(first, { message: 'lease lost' })
  t.ok((await second).token.id)
  t.equal(logins(), 1)
})

t.test('credentials that Keystone does not take are shown ever less often, until they change', async (t) => {
  const { session, clock, state, logins, lines } = await start(t)
  state.password = 'wrongSecret99'
  const refused = { kind: 'unauthorized', effect: 'none', message: /401.*wrong, expired or revoked/ }
  await t.rejects(session.login(never), refused)
  clock.time = 59_000
  await t.rejects(session.login(never), refused)
  t.equal(logins(), 1)
  clock.time = 61_000
  await t.rejects(session.login(never), refused)
  t.equal(logins(), 2)
  clock.time = 150_000
  await t.rejects(session.login(never), refused)
  t.equal(logins(), 2, 'the pause has doubled')
  state.password = PASSWORD
  t.ok((await session.login(never)).token.id, 'a changed secret is tried at once')
  t.notMatch(lines.join(), /wrongSecret99|Zebra77/)
})

const endpoint = (url: string, more: object = {}) => ({
  interface: 'public',
  region: 'R',
  region_id: 'R',
  url,
  ...more,
})
const place = { region: 'R', interface: 'public', projectId: 'p' } as const

t.test('an endpoint is found by any of its type names, region and interface, with its version segment', async (t) => {
  const rows = [
    ['nova', 'compute', 'https://n/v2.1/', 'https://n/v2.1'],
    ['nova', 'compute', 'https://n/compute', 'https://n/compute/v2.1'],
    ['nova', 'compute', 'https://n/v2.1/p', 'https://n/v2.1/p'],
    ['magnum', 'container-infra', 'https://m:9511', 'https://m:9511/v1'],
    ['magnum', 'container-infrastructure-management', 'https://m/v1', 'https://m/v1'],
    ['heat', 'orchestration', 'https://h', 'https://h/v1/p'],
    ['cinder', 'block-storage', 'https://c/v3/', 'https://c/v3'],
    ['cinder', 'volumev3', 'https://c', 'https://c/v3/p'],
  ] as const
  for (const [service, type, url, found] of rows) {
    t.equal(findEndpoint([{ type, endpoints: [endpoint(url)] }], service, place)?.url, found, url)
  }
  const both = [
    { type: 'volume', endpoints: [endpoint('https://c/v2/p')] },
    { type: 'volumev3', endpoints: [endpoint('https://c/v3')] },
  ]
  t.equal(findEndpoint(both, 'cinder', place)?.url, 'https://c/v3', 'never the dead v2')
})

t.test('another region or interface is none, and what there is is named', async (t) => {
  const catalog = [
    {
      type: 'compute',
      endpoints: [
        endpoint('https://n', { region: 'S', region_id: 'S' }),
        endpoint('https://i', { interface: 'internal' }),
      ],
    },
  ]
  t.equal(findEndpoint(catalog, 'nova', place), undefined)
  t.match(
    describeMissing(catalog, 'nova', place),
    /no public endpoint in region R of it; it has public, internal in S, R/,
  )
  t.match(describeMissing(catalog, 'heat', place), /no service of type orchestration/)
  t.equal(findEndpoint(catalog, 'nova', { ...place, interface: 'internal' })?.url, 'https://i/v2.1')
  t.equal(findEndpoint(catalog, 'nova', { ...place, region: undefined })?.region, 'S', 'without a region the first')
})

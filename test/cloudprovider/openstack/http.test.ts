import { inspect } from 'node:util'
import t from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createCertificate } from '../../support/kube/certificate.ts'
import { keepLog, OpenStackCloud, PASSWORD, type Trouble } from '../../support/openstack/openstack-cloud.ts'
import { serve } from '../../support/serve.ts'

const never = new AbortController().signal

function providerOf(cloud: OpenStackCloud, more: object = {}, { log } = keepLog()): CloudProvider {
  return PROVIDERS.get('openstack')!.create(cloud.options(more), { clock: systemClock, log })
}

async function rebootUnder(t: Parameters<OpenStackCloud['start']>[0], trouble: Trouble): Promise<unknown> {
  const cloud = await new OpenStackCloud().start(t)
  const server = cloud.servers('node')[0]!
  const provider = providerOf(cloud)
  const { found } = (await provider.locate(cloud.node(server), never)) as { found: { id: string; name: string } }
  const { bootMark } = await provider.inspect(found, never)
  cloud.trouble = (seen) => (seen.method === 'POST' && seen.service === 'nova' ? trouble(seen) : undefined)
  const order = {
    rung: 'reboot-hard',
    repair: 'r',
    nodeName: server.name,
    nodeUID: 'u',
    instance: found,
    key: 'r/1',
    bootMark: bootMark!,
  } as const
  return provider.step([order], undefined, never).catch((thrown: unknown) => thrown)
}

t.test('what a failed change means is said: refused has no effect, a fault or a cut line may have one', async (t) => {
  const rows: readonly (readonly [Trouble, object])[] = [
    [
      () => ({ status: 403, body: { forbidden: { code: 403, message: 'Policy does not allow' } } }),
      { kind: 'unauthorized', effect: 'none', message: /Policy does not allow \(req-/ },
    ],
    [
      () => ({ status: 413, body: { overLimit: { code: 413, message: 'slow', retryAfter: '7' } } }),
      { kind: 'throttled', effect: 'none', retryAfterMs: 7_000 },
    ],
    [
      () => ({ status: 429, headers: { 'retry-after': '30' } }),
      { kind: 'throttled', effect: 'none', retryAfterMs: 30_000 },
    ],
    [
      () => ({ status: 429, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } }),
      { kind: 'throttled' },
    ],
    [
      () => ({ status: 500, body: { computeFault: { code: 500, message: 'boom' } } }),
      { kind: 'unavailable', effect: 'maybe', message: /boom/ },
    ],
    [() => ({ status: 503 }), { kind: 'unavailable', effect: 'maybe' }],
    [() => 'cut-after', { kind: 'unavailable', effect: 'maybe' }],
    [() => 'silent', { kind: 'unavailable', effect: 'maybe', message: /Timeout awaiting 'request'/ }],
    [() => ({ status: 302, headers: { location: 'http://127.0.0.1:1/x' } }), { kind: 'invalid', effect: 'none' }],
  ]
  for (const [trouble, error] of rows) t.match(await rebootUnder(t, trouble), { name: 'ProviderError', ...error })
})

t.test('nobody there: proven not sent', async (t) => {
  const cloud = await new OpenStackCloud().start(t)
  const provider = providerOf(cloud, { authUrl: 'http://127.0.0.1:1/v3' })
  await t.rejects(provider.switch!(never), { name: 'ProviderError', kind: 'unavailable', effect: 'none' })
})

t.test(
  'a certificate that nobody vouches for is refused and the remedy named; caFile and tls-insecure accept it',
  async (t) => {
    const tls = createCertificate('IP:127.0.0.1')
    const cloud = await new OpenStackCloud().start(t, tls)
    const dir = t.testdir({ 'ca.pem': tls.cert })
    await t.rejects(providerOf(cloud).switch!(never), {
      kind: 'unavailable',
      effect: 'none',
      message: /certificate.*set caFile/,
    })
    t.match(await providerOf(cloud, { caFile: `${dir}/ca.pem` }).switch!(never), { on: true })
    t.match(await providerOf(cloud, { cafilecontents: tls.cert }).switch!(never), { on: true })
    t.match(await providerOf(cloud, { tlsInsecure: true }).switch!(never), { on: true })
  },
)

t.test('the token never follows to another host', async (t) => {
  const stolen: unknown[] = []
  const thief = await serve(t, (request, response) => {
    stolen.push(request.headers)
    response.end('{}')
  })
  const cloud = await new OpenStackCloud().start(t)
  cloud.trouble = ({ service }) => (service === 'magnum' ? { status: 307, headers: { location: thief } } : undefined)
  await t.rejects(providerOf(cloud).switch!(never), { name: 'ProviderError', kind: 'invalid' })
  t.same(stolen, [])
})

t.test('a role that may only look is told so, with the reason and the request id', async (t) => {
  const cloud = await new OpenStackCloud().start(t)
  cloud.trouble = ({ service }) =>
    service === 'magnum'
      ? { status: 403, body: { errors: [{ detail: 'Policy does not allow cluster:get' }] } }
      : undefined
  await t.rejects(providerOf(cloud).switch!(never), {
    kind: 'unauthorized',
    message: /403: Policy does not allow cluster:get \(req-/,
  })
})

t.test('a service or region that the catalog does not have is named', async (t) => {
  const cloud = await new OpenStackCloud().start(t)
  cloud.services = ['nova']
  await t.rejects(providerOf(cloud).switch!(never), {
    kind: 'unsupported',
    message: /no service of type container-infra/,
  })
  await t.rejects(providerOf(cloud, { region: 'Moon' }).inspect({ id: 'x', name: 'x' }, never), {
    kind: 'unsupported',
    message: /region Moon.*in RegionOne/,
  })
})

t.test('nothing that is told holds a secret: no log line, no error, whatever goes wrong', async (t) => {
  const cloud = await new OpenStackCloud().start(t)
  const kept = keepLog()
  const errors: unknown[] = []
  const server = cloud.servers('node')[0]!
  for (const trouble of ['ok', 'cut-before', 401, 403, 500] as const) {
    cloud.trouble = ({ service }) =>
      trouble === 'ok' || service === 'keystone'
        ? undefined
        : trouble === 'cut-before'
          ? trouble
          : { status: trouble, body: {} }
    const provider = providerOf(cloud, {}, kept)
    await provider.locate(cloud.node(server), never).catch((error: unknown) => errors.push(error))
    await provider.switch!(never).catch((error: unknown) => errors.push(error))
  }
  cloud.trouble = () => 'cut-before'
  await providerOf(cloud, {}, kept).switch!(never).catch((error: unknown) => errors.push(error))
  t.ok(errors.length > 5)
  const told = kept.lines.join('\n') + errors.map((error) => inspect(error, { depth: 10, showHidden: true })).join('\n')
  t.notMatch(told, new RegExp(PASSWORD))
  for (const token of cloud.tokens) t.notOk(told.includes(token), 'no token')
})

t.test('reading a console changes nothing, though it is asked for by POST', async (t) => {
  const cloud = await new OpenStackCloud().start(t)
  const server = cloud.servers('node')[0]!
  const kept = keepLog()
  const provider = providerOf(cloud, {}, kept)
  const capture = () => provider.capture!({ id: server.id, name: server.name }, never)
  t.match(await capture(), { console: 'login:' })
  t.notMatch(kept.lines.join('\n'), /OpenStack change/, 'no change is logged')
  for (const trouble of ['cut-after', { status: 503 }] as const) {
    cloud.trouble = ({ method, service }) => (method === 'POST' && service === 'nova' ? trouble : undefined)
    await t.rejects(capture(), { name: 'ProviderError', kind: 'unavailable', effect: 'none' })
  }
})

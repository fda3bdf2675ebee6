import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { PROVIDERS } from '../../src/cloudprovider/registry.ts'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type LabProxy, startProxy } from '../lab/proxy.ts'
import { createCertificate } from '../support/kube/certificate.ts'
import { keepLog, OpenStackCloud } from '../support/openstack/openstack-cloud.ts'

const never = new AbortController().signal
const PASSWORD = 'zebra77hunter'

async function proxyFor(t: Test, login?: string): Promise<LabProxy> {
  const proxy = await startProxy(login)
  t.teardown(() => proxy.stop())
  return proxy
}

async function clouds(t: Test): Promise<readonly OpenStackCloud[]> {
  return [await new OpenStackCloud().start(t), await new OpenStackCloud().start(t, createCertificate('IP:127.0.0.1'))]
}

function providerOf(cloud: OpenStackCloud, more: object, log = keepLog()): CloudProvider {
  const options = cloud.options({ tlsInsecure: true, ...more })
  return PROVIDERS.get('openstack')!.create(options, { clock: systemClock, log: log.log, env: {} })
}

t.test('every request to the cloud goes through the proxy, plain and encrypted, and check says so', async (t) => {
  const proxy = await proxyFor(t)
  for (const cloud of await clouds(t)) {
    const before = proxy.requests().length
    const provider = providerOf(cloud, { proxy: `http://127.0.0.1:${proxy.port}` })
    const server = cloud.servers('node')[0]!
    t.match(await provider.locate(cloud.node(server), never), { found: { id: server.id } })
    const { origin, host } = new URL(cloud.url)
    t.match(await provider.examine?.(never), [
      { what: 'proxy', state: 'ok', message: `${origin} by way of http://127.0.0.1:${proxy.port}` },
      { what: 'keystone', state: 'ok' },
    ])
    const told = proxy.requests().slice(before)
    t.ok(told.length > 0)
    // What is encrypted is one tunnel for many requests; what is plain is told each by itself.
    const seen = origin.startsWith('https') ? /^CONNECT / : /^(GET|POST) http:/
    t.ok(
      told.every((line) => seen.test(line) && line.includes(host)),
      told.join('\n'),
    )
  }
})

t.test('a proxy that wants a password gets it, and no word anywhere repeats it', async (t) => {
  const proxy = await proxyFor(t, `me ${PASSWORD}`)
  const log = keepLog()
  for (const cloud of await clouds(t)) {
    const server = cloud.servers('node')[0]!
    const good = providerOf(cloud, { proxy: `http://me:${PASSWORD}@127.0.0.1:${proxy.port}` }, log)
    t.match(await good.locate(cloud.node(server), never), { found: { id: server.id } })
    const examined = await good.examine?.(never)
    const bad = providerOf(cloud, { proxy: `http://127.0.0.1:${proxy.port}` }, log)
    const thrown = await bad.locate(cloud.node(server), never).catch((error: unknown) => error)
    t.match(thrown, { kind: 'unavailable', effect: 'none' })
    const said =
      /the proxy http:\/\/127.0.0.1:\d+ did not let it through: it answered 407: it wants a user and a password/
    // A plain request that has a body may find the line cut before it can read the refusal.
    if (cloud.url.startsWith('https')) t.match(thrown, { message: said })
    t.notMatch(inspect([examined, thrown, log], { depth: 9 }), /zebra/)
  }
})

t.test('a proxy that is not there is the reason, and nothing was sent', async (t) => {
  const proxy = await proxyFor(t)
  proxy.stop()
  const [cloud] = await clouds(t)
  const provider = providerOf(cloud!, { proxy: `http://127.0.0.1:${proxy.port}` })
  const failed = provider.locate(cloud!.node(cloud!.servers('node')[0]!), never)
  await t.rejects(failed, { kind: 'unavailable', effect: 'none', message: /ECONNREFUSED/ })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Finding } from '../../../src/core/model/finding.ts'
import { endpoint } from '../../../src/healthcheck/endpoint/endpoint.ts'
import type { PluginDeps } from '../../../src/healthcheck/plugin/plugin.ts'
import { createCertificate } from '../../support/kube/certificate.ts'
import { nodeAt, only, serve, serveTls, testDeps } from '../fixtures.ts'

const certificate = createCertificate('IP:127.0.0.1')
const certFile = join(t.testdir({ 'cert.pem': certificate.cert }), 'cert.pem')
const seen: (string | undefined)[] = []
const tls = await serveTls(certificate, (request, response) => {
  seen.push(request.headers.authorization)
  response.end('ok')
})
const plain = await serve((_request, response) => response.end('ok'))
t.teardown(() => {
  tls.close()
  plain.close()
})
t.beforeEach(() => void seen.splice(0))

async function lookAt(params: object, deps: PluginDeps = testDeps()): Promise<Finding> {
  const check = endpoint.create('Endpoint', { port: tls.port, timeout: '2s', ...params }, deps)
  if (check.kind !== 'poll') throw new Error('Endpoint is polled')
  return only(await check.poll([nodeAt('127.0.0.1')], new AbortController().signal))
}

t.test('certificates are not verified unless asked for, as magnum-auto-healer does', async (t) => {
  t.match(await lookAt({}), { status: 'pass' })
})

t.test('a certificate that we do not trust blames nobody', async (t) => {
  const other = createCertificate('IP:127.0.0.1')
  for (const params of [{ tlsVerify: true }, { caFile: join(t.testdir({ 'other.pem': other.cert }), 'other.pem') }]) {
    t.match(await lookAt(params), { status: 'unknown', reason: 'TlsMismatch' })
  }
})

t.test('caFile is verified against, and read anew for every round', async (t) => {
  const caFile = join(t.testdir(), 'ca.pem')
  const check = endpoint.create('Endpoint', { port: tls.port, caFile }, testDeps())
  if (check.kind !== 'poll') throw new Error('Endpoint is polled')
  const lookNow = async (): Promise<Finding> =>
    only(await check.poll([nodeAt('127.0.0.1')], new AbortController().signal))
  t.match(await lookNow(), { status: 'unknown', reason: 'CaFileUnusable', message: /ENOENT/ })
  writeFileSync(caFile, 'no certificate')
  t.match(await lookNow(), { status: 'unknown', reason: 'CaFileUnusable' })
  writeFileSync(caFile, certificate.cert)
  t.match(await lookNow(), { status: 'pass' })
})

t.test('TLS spoken to a plain port blames nobody: the protocol may be ours to correct', async (t) => {
  t.match(await lookAt({ port: plain.port }), { status: 'unknown', reason: 'TlsMismatch' })
})

t.test('no token is ever sent without requireToken, though there are three', async (t) => {
  const deps = testDeps({ token: async () => 'the-pods' })
  await lookAt({ token: 'inline' }, deps)
  await lookAt({ tokenFile: certFile }, deps)
  t.same(seen, [undefined, undefined])
  t.match(deps.lines, [{ level: 'warn' }, { level: 'warn' }])
})

t.test('the configured token goes before the pod’s own', async (t) => {
  const tokenFile = join(t.testdir({ token: 'from-file\n' }), 'token')
  const deps = testDeps({ token: async () => 'the-pods', clusterCA: async () => certificate.cert })
  for (const params of [{ token: 'inline' }, { tokenFile }, {}]) await lookAt({ requireToken: true, ...params }, deps)
  t.same(seen, ['Bearer inline', 'Bearer from-file', 'Bearer the-pods'])
})

t.test("the pod's own token is shown to nobody whom the cluster's CA does not vouch for", async (t) => {
  const token = async (): Promise<string> => 'the-pods'
  const other = createCertificate('IP:127.0.0.1')
  const stranger = testDeps({ token, clusterCA: async () => other.cert })
  t.match(await lookAt({ requireToken: true }, stranger), { status: 'unknown', reason: 'TlsMismatch' })
  for (const unknown of [testDeps({ token }), testDeps({ token, clusterCA: async () => undefined })]) {
    t.match(await lookAt({ requireToken: true }, unknown), { status: 'unknown', reason: 'CaFileUnusable' })
  }
  t.same(seen, [], 'not even asked')
  t.match(await lookAt({ requireToken: true, caFile: certFile }, stranger), { status: 'pass' })
  t.same(seen, ['Bearer the-pods'], 'a CA that is configured goes before')
})

t.test("the pod's own token without verification is refused, and one that is given for it is not", async (t) => {
  for (const params of [{ tlsVerify: false }, { protocol: 'HTTP' }]) {
    const [path] = Object.keys(params)
    const given = endpoint.options.safeParse({ requireToken: true, ...params })
    t.match(given.error?.issues, [{ path: [path], message: /the pod's own token goes only where/ }])
    t.ok(endpoint.options.safeParse({ requireToken: true, token: 'x', ...params }).success)
    t.ok(endpoint.options.safeParse(params).success)
  }
})

t.test('a required token that cannot be had is the reason why nobody is asked', async (t) => {
  const clusterCA = async (): Promise<string> => certificate.cert
  const broken = testDeps({ token: () => Promise.reject(new Error('no such file')), clusterCA })
  const tokenFile = join(t.testdir({ token: 'two\nlines' }), 'token')
  t.match(await lookAt({ requireToken: true }, testDeps({ clusterCA })), {
    status: 'unknown',
    reason: 'TokenUnusable',
    message: /requireToken/,
  })
  t.match(await lookAt({ requireToken: true }, broken), { status: 'unknown', reason: 'TokenUnusable' })
  const twoLines = await lookAt({ requireToken: true, tokenFile })
  t.match(twoLines, { status: 'unknown', reason: 'TokenUnusable' })
  t.notMatch(twoLines.message, /two|lines/)
  t.same(seen, [])
})

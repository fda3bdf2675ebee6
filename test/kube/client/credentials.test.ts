import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { KubeError } from '../../../src/kube/client/http.ts'
import { loadCredentials } from '../../../src/kube/client/load-credentials.ts'

const { signal } = new AbortController()
const HOST = 'https://api.example.com:6443'

function kubeconfig(user: object, cluster: object = { server: HOST }): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  })
}

t.test(
  'in a cluster: apiHost, then the own host, then the Service, each checked against the cluster authority',
  async (t) => {
    const dir = t.testdir({ token: 'secret\n', 'ca.crt': 'PEM' })
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
    const found = await loadCredentials({ apiHost: '10.9.9.9:6443/', env, readServiceAccountFrom: dir })
    t.same(found.hosts, ['https://10.9.9.9:6443', 'https://127.0.0.1:6443', 'https://[fd00::1]:443'])
    t.same(await found.headers(signal), { authorization: 'Bearer secret' })
    const inCluster = { ca: 'PEM', rejectUnauthorized: true, servername: 'kubernetes.default.svc' }
    t.same(await found.tls('https://127.0.0.1:6443', signal), inCluster)
    t.same(await found.tls('https://[fd00::1]:443', signal), inCluster)
    t.same(await found.tls('https://10.9.9.9:6443', signal), { ca: 'PEM', rejectUnauthorized: true })
    t.equal(await found.tls(HOST, signal), await found.tls(HOST, signal), 'the same object while nothing changed')
  },
)

t.test('a token and an authority rotated by a symlink swap are seen by the next request', async (t) => {
  const dir = t.testdir({ one: { token: 'old', 'ca.crt': 'OLD' }, two: { token: 'new', 'ca.crt': 'NEW' } })
  symlinkSync('one', join(dir, '..data'))
  symlinkSync('..data/token', join(dir, 'token'))
  symlinkSync('..data/ca.crt', join(dir, 'ca.crt'))
  const found = await loadCredentials({ env: {}, readServiceAccountFrom: dir })
  t.same(await found.headers(signal), { authorization: 'Bearer old' })
  t.match(await found.tls(HOST, signal), { ca: 'OLD' })
  symlinkSync('two', join(dir, 'tmp'))
  renameSync(join(dir, 'tmp'), join(dir, '..data'))
  t.same(await found.headers(signal), { authorization: 'Bearer new' })
  t.match(await found.tls(HOST, signal), { ca: 'NEW' })
  unlinkSync(join(dir, '..data'))
  t.same(await found.headers(signal), { authorization: 'Bearer new' }, 'a file missing for a moment is no loss')
})

t.test('a kubeconfig gives its server, token and authority, and a changed file is read again', async (t) => {
  const cluster = { server: `${HOST}/`, 'certificate-authority-data': btoa('PEM'), 'tls-server-name': 'kube' }
  const dir = t.testdir({ config: kubeconfig({ token: 'secret' }, cluster) })
  const path = join(dir, 'config')
  const found = await loadCredentials({ kubeconfig: path, apiHost: 'https://other:6443', env: {} })
  t.same(found.hosts, ['https://other:6443', HOST])
  t.same(await found.headers(signal), { authorization: 'Bearer secret' })
  t.match(await found.tls(HOST, signal), { ca: Buffer.from('PEM'), rejectUnauthorized: true, servername: 'kube' })
  t.equal((await found.tls('https://other:6443', signal)).servername, undefined)
  writeFileSync(path, kubeconfig({ token: 'another' }, cluster))
  t.same(await found.headers(signal), { authorization: 'Bearer another' })
})

t.test('a token file of a kubeconfig is read again when it changes', async (t) => {
  const dir = t.testdir({ config: kubeconfig({ tokenFile: 'token' }), token: 'old\n' })
  const found = await loadCredentials({ env: { KUBECONFIG: join(dir, 'config') } })
  t.same(await found.headers(signal), { authorization: 'Bearer old' })
  writeFileSync(join(dir, 'token'), 'newer\n')
  t.same(await found.headers(signal), { authorization: 'Bearer newer' })
})

t.test(
  "whatever stands beside it, the current user's token file is the one that counts, and is read again",
  async (t) => {
    const users = [
      'users:\n- name: u\n  user: {token: stale, tokenFile: token} # ours\n- name: other\n  user: {tokenFile: others}',
      'users:\n- name: u\n  user:\n    # tokenFile: nothing\n    "tokenFile": token # rotated',
    ]
    const rest = `
clusters: [{name: c, cluster: {server: '${HOST}'}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`
    for (const [index, text] of users.entries()) {
      const dir = t.testdir({ config: `${text}${rest}`, token: 'one\n', others: 'not ours' })
      const found = await loadCredentials({ kubeconfig: join(dir, 'config'), env: {} })
      t.same(await found.headers(signal), { authorization: 'Bearer one' }, `${index}`)
      writeFileSync(join(dir, 'token'), 'the second')
      t.same(await found.headers(signal), { authorization: 'Bearer the second' })
    }
  },
)

t.test('several kubeconfigs are merged as kubectl merges them', async (t) => {
  const entry = (token: string) => ({ name: 'kubernetes-admin', user: { token } })
  const cluster = (server: string) => ({ name: 'kubernetes', cluster: { server, 'certificate-authority': 'ca' } })
  const context = (name: string) => ({ name, context: { cluster: 'kubernetes', user: 'kubernetes-admin' } })
  const config = (one: string, current: string, server: string): string =>
    JSON.stringify({
      clusters: [cluster(server)],
      users: [entry(one)],
      contexts: [context(current)],
      'current-context': current,
    })
  const dir = t.testdir({
    empty: '',
    nothing: '# later\n',
    one: { config: config('first', 'a', HOST), ca: 'CA ONE' },
    two: { config: config('second', 'b', 'https://other:6443'), ca: 'CA TWO' },
  })
  const load = (...names: readonly string[]) =>
    loadCredentials({ env: { KUBECONFIG: names.map((name) => join(dir, name)).join(':') } })
  const both = await load('missing', 'empty', 'nothing', 'one/config', 'two/config')
  t.same(both.hosts, [HOST], 'the same names in two files of kubeadm: the first file counts')
  t.same(await both.headers(signal), { authorization: 'Bearer first' })
  t.match(await both.tls(HOST, signal), { ca: Buffer.from('CA ONE') })
  t.same((await load('two/config', 'one/config')).hosts, ['https://other:6443'])
  await t.rejects(load('missing', 'gone'), {
    reason: 'NoCredentials',
    message: /missing:.*gone: none of these files is there/,
  })
  await t.rejects(load('empty'), { reason: 'NoCredentials', message: /names no cluster/ })
})

t.test(
  'another context than the current one is another cluster and user; one that is not there names those that are',
  async (t) => {
    const named = (name: string) => ({
      clusters: { name, cluster: { server: `https://${name}:6443` } },
      users: { name, user: { token: `token of ${name}` } },
      contexts: { name, context: { cluster: name, user: name } },
    })
    const both = [named('lab'), named('prod')]
    const file = JSON.stringify({
      clusters: both.map(({ clusters }) => clusters),
      users: both.map(({ users }) => users),
      contexts: both.map(({ contexts }) => contexts),
      'current-context': 'lab',
    })
    const dir = t.testdir({
      config: file,
      account: { token: 'of the pod', 'ca.crt': 'PEM' },
      '.kube': { config: file },
    })
    const kubeconfig = join(dir, 'config')
    const prod = await loadCredentials({ env: {}, kubeconfig, context: 'prod' })
    t.same(prod.hosts, ['https://prod:6443'])
    t.same(await prod.headers(signal), { authorization: 'Bearer token of prod' })
    t.same((await loadCredentials({ env: {}, kubeconfig })).hosts, ['https://lab:6443'])
    await t.rejects(loadCredentials({ env: {}, kubeconfig, context: 'staging' }), {
      reason: 'NoCredentials',
      message: /there is no context "staging"; there are: lab, prod/,
    })
    const inPod = { env: { HOME: dir }, readServiceAccountFrom: join(dir, 'account'), context: 'prod' }
    t.same((await loadCredentials(inPod)).hosts, ['https://prod:6443'], 'who names a context means no account of a pod')
  },
)

t.test('a plugin is looked for beside its kubeconfig when it is named by a relative path', async (t) => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './bin/plugin', interactiveMode: 'Never' }
  const dir = t.testdir({
    config: kubeconfig({ exec }),
    bin: { plugin: `#!/bin/sh\necho '{"status":{"token":"from-the-plugin"}}'\n` },
  })
  chmodSync(join(dir, 'bin', 'plugin'), 0o755)
  const found = await loadCredentials({ kubeconfig: join(dir, 'config'), env: {} })
  t.same(await found.headers(signal), { authorization: 'Bearer from-the-plugin' })
})

t.test('client certificates and basic authentication are taken over', async (t) => {
  const pair = { 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') }
  const dir = t.testdir({
    certificate: kubeconfig(pair, { server: HOST, 'insecure-skip-tls-verify': true }),
    basic: kubeconfig({ username: 'me', password: 'pw' }, { server: 'http://127.0.0.1:8001' }),
  })
  const certificate = await loadCredentials({ kubeconfig: join(dir, 'certificate'), env: {} })
  const tls = { cert: Buffer.from('CERT'), key: Buffer.from('KEY'), rejectUnauthorized: false }
  t.same(await certificate.tls(HOST, signal), tls)
  const basic = await loadCredentials({ kubeconfig: join(dir, 'basic'), env: {} })
  t.same(basic.hosts, ['http://127.0.0.1:8001'])
  t.same(await basic.headers(signal), { authorization: `Basic ${btoa('me:pw')}` })
})

t.test('a credential plugin runs once for many requests, and again after a refusal', async (t) => {
  const dir = t.testdir({ runs: '' })
  const count = `echo run >> ${join(dir, 'runs')}; n=$(wc -l < ${join(dir, 'runs')})`
  const answer = `printf '{"kind":"ExecCredential","status":{"token":"t%s"}}' $n`
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', `${count}; ${answer}`] }
  writeFileSync(join(dir, 'config'), kubeconfig({ exec }))
  const found = await loadCredentials({ kubeconfig: join(dir, 'config'), env: {} })
  const both = await Promise.all([found.headers(signal), found.tls(HOST, signal)])
  t.same(both[0], { authorization: 'Bearer t1' })
  t.same(await found.headers(signal), { authorization: 'Bearer t1' })
  found.refresh()
  t.same(await found.headers(signal), { authorization: 'Bearer t2' })
})

t.test('a plugin that prints garbage, or fails, is an error without its output, and is asked again', async (t) => {
  const dir = t.testdir({ mode: 'bad' })
  const script = `[ "$(cat ${join(dir, 'mode')})" = bad ] && echo '{"token": very-secret' || echo '{"status":{"token":"good"}}'`
  writeFileSync(join(dir, 'config'), kubeconfig({ exec: { command: 'sh', args: ['-c', script] } }))
  const found = await loadCredentials({ kubeconfig: join(dir, 'config'), env: {} })
  const error = await found.headers(signal).then(undefined, (thrown: unknown) => thrown)
  t.type(error, KubeError)
  t.match(error, { reason: 'NoCredentials', message: /did not print JSON/ })
  t.notMatch(String((error as Error).stack), 'very-secret')
  writeFileSync(join(dir, 'mode'), 'good')
  t.same(await found.headers(signal), { authorization: 'Bearer good' })
})

t.test('a broken kubeconfig is named with its place, and nothing of its text is quoted', async (t) => {
  const dir = t.testdir({
    config: 'users:\n- token: very-secret\n  - nope: [',
    other: kubeconfig({}, { server: 'no url' }),
    list: '- very-secret',
    twice: 'users: [{name: u, user: {token: very-secret}}, {name: u}]',
    scalar: 'users: []\n"very-secret" x\n',
  })
  const load = (name: string): Promise<Error> =>
    loadCredentials({ kubeconfig: join(dir, name), env: {} }).then(
      () => new Error('loaded'),
      (thrown: Error) => thrown,
    )
  const error = await load('config')
  t.match(error, { reason: 'NoCredentials', message: /config: .*line \d/ })
  t.notMatch(String(error.stack), 'very-secret')
  t.match(await load('other'), { message: /"no url" is not a server's URL/ })
  t.match(await load('missing'), { message: /missing: ENOENT/ })
  t.match(await load('twice'), { message: /users has two entries named "u"/ })
  for (const name of ['list', 'twice', 'scalar']) {
    const { message } = await load(name)
    t.match(message, /kubeconfig .*: /)
    t.notMatch(message, 'very-secret')
  }
})

t.test(
  'the order is: given kubeconfig, KUBECONFIG, ServiceAccount, ~/.kube/config, apiHost alone, a clear error',
  async (t) => {
    const dir = t.testdir({
      given: kubeconfig({ token: 'given' }),
      named: kubeconfig({ token: 'named' }),
      account: { token: 'account', 'ca.crt': 'PEM' },
      home: {},
    })
    mkdirSync(join(dir, 'home', '.kube'))
    writeFileSync(join(dir, 'home', '.kube', 'config'), kubeconfig({ token: 'home' }))
    const env: Record<string, string | undefined> = { KUBECONFIG: join(dir, 'named'), HOME: join(dir, 'home') }
    const account = join(dir, 'account')
    const load = (change: object = {}): ReturnType<typeof loadCredentials> =>
      loadCredentials({ env, readServiceAccountFrom: account, ...change })
    const token = async (change?: object): Promise<unknown> =>
      (await (await load(change)).headers(signal)).authorization
    t.equal(await token({ kubeconfig: join(dir, 'given') }), 'Bearer given')
    t.equal(await token(), 'Bearer named')
    env.KUBECONFIG = undefined
    t.equal(await token(), 'Bearer account')
    rmSync(account, { recursive: true })
    t.equal(await token(), 'Bearer home')
    env.HOME = undefined
    const alone = await load({ apiHost: 'http://127.0.0.1:8001' })
    t.same([alone.hosts, await alone.headers(signal)], [['http://127.0.0.1:8001'], {}])
    await t.rejects(load(), { reason: 'NoCredentials', message: /--kubeconfig FILE or set KUBECONFIG/ })
    await t.rejects(load({ apiHost: 'http://[' }), { message: /kubernetes\.apiHost: "http:\/\/\[" is not an address/ })
  },
)

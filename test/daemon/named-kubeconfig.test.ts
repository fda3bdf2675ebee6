import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type ConfigNames, createReloader, kubeconfigLimits } from '../../src/daemon/config-boot.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { systemClock } from '../../src/lib/clock.ts'

const { signal } = new AbortController()

/** What a kubeconfig with this user, beside the mounted configuration, gives; or the reason why it gives nothing. */
async function tokenOf(folder: string, user: object, from: Partial<ConfigNames> | undefined): Promise<string> {
  const kubeconfig = join(folder, 'kubeconfig')
  const text = JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.com:6443' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  })
  writeFileSync(kubeconfig, text)
  const limits = from && kubeconfigLimits({ file: 'f', configMap: 'a/b', ...from })
  try {
    const found = await loadCredentials({ kubeconfig, limits, env: {} })
    return (await found.headers(signal)).authorization ?? 'nothing'
  } catch (thrown) {
    return (thrown as Error).message
  }
}

function plugin(folder: string): string {
  mkdirSync(folder)
  const file = join(folder, 'plugin')
  writeFileSync(file, `#!/bin/sh\ntouch '${folder}/ran'\necho '{"status":{"token":"of-the-plugin"}}'\n`)
  chmodSync(file, 0o755)
  return file
}

const exec = (command: string, env: readonly object[] = []) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, env, interactiveMode: 'Never' },
})

t.test('no credential plugin runs that only a ConfigMap names, be it a key of that ConfigMap', async (t) => {
  const dir = t.testdir({})
  const [mounted, allowed] = [plugin(join(dir, 'mount')), plugin(join(dir, 'allowed'))]
  const ran = (): boolean => existsSync(join(dir, 'mount', 'ran'))
  const provider = (config: object, name = 'gcp') => ({ 'auth-provider': { name, config } })
  const users = [
    exec(mounted),
    exec('./mount/plugin'),
    exec('sh'),
    provider({ 'cmd-path': mounted }),
    provider({ 'cmd-path': mounted }, 'azure'),
    provider(exec(mounted)),
    provider({ tokenFile: mounted }, 'tokenFile'),
  ]
  for (const user of users) {
    t.match(await tokenOf(dir, user, {}), /--allow-exec|no auth-provider/, JSON.stringify(user))
    const told = await tokenOf(dir, user, { allowExec: join(dir, 'allowed') })
    t.match(told, /is not below .*\/allowed\/|no auth-provider/, JSON.stringify(user))
  }
  t.notOk(ran())
  t.equal(await tokenOf(dir, exec(allowed), { allowExec: join(dir, 'allowed') }), 'Bearer of-the-plugin')
  const loads = exec(allowed, [{ name: 'LD_PRELOAD', value: mounted }])
  t.match(await tokenOf(dir, loads, { allowExec: join(dir, 'allowed') }), /LD_PRELOAD would have/)
  t.equal(await tokenOf(dir, exec(mounted), undefined), 'Bearer of-the-plugin', 'one that a person has given')
  t.equal(await tokenOf(dir, exec(mounted), { configMap: undefined }), 'Bearer of-the-plugin', 'or named in a file')
  t.ok(ran())
})

t.test('a kubeconfig that changes later is held to the same', async (t) => {
  const dir = t.testdir({})
  const mounted = plugin(join(dir, 'mount'))
  const kubeconfig = join(dir, 'kubeconfig')
  t.equal(await tokenOf(dir, { token: 'plain' }, {}), 'Bearer plain')
  const limits = kubeconfigLimits({ file: 'f', configMap: 'a/b' })
  const found = await loadCredentials({ kubeconfig, limits, env: {} })
  t.match(await tokenOf(dir, exec(mounted), {}), /--allow-exec/)
  await t.rejects(found.headers(signal), { message: /--allow-exec/ })
  t.notOk(existsSync(join(dir, 'mount', 'ran')))
})

t.test("a kubeconfig of KUBECONFIG is a person's, whatever the configuration says", async (t) => {
  const dir = t.testdir({})
  const file = plugin(join(dir, 'bin'))
  await tokenOf(dir, exec(file), undefined)
  const limits = kubeconfigLimits({ file: 'f', configMap: 'a/b' })
  const found = await loadCredentials({ limits, env: { KUBECONFIG: join(dir, 'kubeconfig') } })
  t.same(await found.headers(signal), { authorization: 'Bearer of-the-plugin' })
})

t.test("a ConfigMap has the pod's own token sent nowhere", async (t) => {
  const dir = t.testdir({
    account: { '..1': { token: 'own', 'ca.crt': 'PEM' } },
    secret: { token: 'of a Secret' },
  })
  const account = join(dir, 'account')
  symlinkSync('..1', join(account, '..data'))
  for (const name of ['token', 'ca.crt']) symlinkSync(`..data/${name}`, join(account, name))
  const offer = (text: string, configMap?: string): string | undefined => {
    const keeper = createReloader({ file: 'f', configMap, account }, () => undefined, systemClock)
    return keeper.offer(`clusterName: c\n${text}`, 'file') ? undefined : keeper.lastError()?.message
  }
  const check = (params: string) => `healthcheck: {worker: [{type: Endpoint, params: {${params}}}]}\n`
  const cloud = (key: string, file: string) =>
    `cloudProvider: openstack\nopenstack: {auth-url: "https://evil:5000", ${key}: ${file}, userId: u, projectId: p}\n`
  const ways = ['token', '..data/token', '..1/token', '../account/./token'].map((way) => `${account}/${way}`)
  for (const way of ways) {
    t.match(offer(check(`requireToken: true, tokenFile: ${way}`), 'a/b'), /f:2:\d+: .*is the pod's own token/, way)
    for (const key of ['passwordFile', 'password-file', 'tokenFile', 'trusteePasswordFile'])
      t.match(offer(cloud(key, way), 'a/b'), /the pod's own token/, key)
    for (const key of ['tokenFile', 'token-file'])
      t.match(await tokenOf(dir, { [key]: way }, { account }), /the pod's own token/, key)
  }
  const own = `${account}/token`
  t.equal(offer(check(`requireToken: true, tokenFile: ${own}`)), undefined, "a person's file may")
  t.equal(offer(check(`caFile: ${account}/ca.crt`), 'a/b'), undefined, 'what is no secret may be read')
  t.equal(offer(cloud('passwordFile', `${dir}/secret/token`), 'a/b'), undefined)
  t.equal(await tokenOf(dir, { tokenFile: `${dir}/secret/token` }, { account }), 'Bearer of a Secret')
})

t.test("heald's own credentials go to no apiHost without TLS, except on this machine", async (t) => {
  const dir = t.testdir({ account: { token: 'own', 'ca.crt': 'PEM' } })
  const load = (apiHost: string, kubeconfig?: string) =>
    loadCredentials({ apiHost, kubeconfig, env: {}, readServiceAccountFrom: join(dir, 'account') })
  await tokenOf(dir, { token: 'plain' }, undefined)
  for (const kubeconfig of [undefined, join(dir, 'kubeconfig')]) {
    for (const host of ['http://evil.example.com', 'http://127.0.0.1.example.com', 'http://127.0.0.1@example.com'])
      await t.rejects(load(host, kubeconfig), { reason: 'NoCredentials', message: /not sent without TLS/ }, host)
    for (const host of ['https://10.0.0.1:6443', 'http://127.0.0.1:8001', 'http://localhost:8001', 'http://[::1]:8001'])
      t.same((await load(host, kubeconfig)).hosts[0], host)
  }
})

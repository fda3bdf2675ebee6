import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { startControlPlane } from '../lab/control-plane.ts'
import { startProxy } from '../lab/proxy.ts'

const api = await startControlPlane()
t.teardown(() => api.stop())

t.test(
  "everything goes by way of the kubeconfig's proxy-url, watches too, and the environment's proxy is ignored",
  async (t) => {
    const proxy = await startProxy('me zebra77hunter')
    t.teardown(() => proxy.stop())
    const behind = (login: string) => {
      const text = readFileSync(api.kubeconfig, 'utf8')
      const config = parse(text)
      config.clusters[0].cluster['proxy-url'] = `http://${login}127.0.0.1:${proxy.port}`
      const file = join(t.testdir({ kubeconfig: stringify(config) }), 'kubeconfig')
      return loadCredentials({ kubeconfig: file, env: { HTTPS_PROXY: 'http://127.0.0.1:1' } })
    }
    const http = createTransport(await behind('me:zebra77hunter@'), systemClock)
    const { signal } = new AbortController()
    const watch = await http.stream({ method: 'GET', path: '/api/v1/nodes', query: { watch: true } }, signal)
    const events = watch[Symbol.asyncIterator]()
    const first = events.next()
    await api.must('POST', '/api/v1/nodes', { metadata: { name: 'behind-a-proxy' } })
    t.match(String((await first).value), /"type":"ADDED".*"name":"behind-a-proxy"/)
    await events.return?.()
    const made = { metadata: { name: 'by-proxy' } }
    const path = '/api/v1/namespaces/default/configmaps'
    t.match(await http.request({ method: 'POST', path, body: made }, signal), made)
    await t.rejects(http.request({ method: 'POST', path, body: made }, signal), { message: /409 AlreadyExists/ })
    const told = proxy.requests()
    t.ok(told.length > 0 && told.every((line) => line.startsWith(`CONNECT ${new URL(api.url).host} `)), told.join('\n'))

    const refused = createTransport(await behind(''), systemClock).request({ method: 'GET', path }, signal)
    await t.rejects(refused, {
      message: /did not let it through: it answered 407: it wants a user and a password/,
    })
    proxy.stop()
    const gone = createTransport(await behind('me:zebra77hunter@'), systemClock).request(
      { method: 'GET', path },
      signal,
    )
    await t.rejects(gone, { message: /^(?!.*zebra).*ECONNREFUSED/ })
  },
)

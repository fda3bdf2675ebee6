import t from 'tap'
import { startEmbeddedApi } from '../../src/simulator/api/server.ts'
import { bundle, run } from '../support/cli/bundle.ts'
import { SECRET_TOKEN, writeKubeconfig } from '../support/cli/kubeconfig.ts'
import { servePages } from '../support/cli/pages.ts'
import { forwardingApi } from '../support/kube/forwarding-api.ts'
import { oneBrokenWorker } from '../support/pure/view.ts'

// Building it anew takes a while.
t.setTimeout(120_000)

const file = await bundle(t)
const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' }

function heald(...args: readonly string[]) {
  return run(process.execPath, [file, ...args], { env })
}

t.test('the bundle says its version, and wrong use is exit 2 on standard error', async (t) => {
  t.match(await heald('--version'), { code: 0, out: /^\d+\.\d+\.\d+\n$/, err: '' })
  t.match(await heald('stauts'), { code: 2, out: '', err: /Did you mean status\?/ })
  t.match(await heald('history'), { code: 2, out: '', err: /no way to an API server/ })
  t.match(await heald('run'), { code: 2, out: '', err: /name a configuration/ })
})

t.test('the bundle reaches API server and leader, and ends at once', async (t) => {
  const { local } = await servePages(t, oneBrokenWorker())
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  const front = await forwardingApi(t, api.url, { port: local.port })
  api.call('POST', '/api/v1/nodes', { metadata: { name: 'w0' } })
  api.call('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', {
    metadata: { name: 'heald' },
    spec: { holderIdentity: 'm0_1', leaseTransitions: 3 },
  })
  const pods = '/api/v1/namespaces/kube-system/pods'
  const labels = { 'app.kubernetes.io/name': 'heald' }
  api.call('POST', pods, { metadata: { name: 'heald-a', labels }, spec: { nodeName: 'm0', containers: [] } })
  const contentType = 'application/merge-patch+json'
  api.call('PATCH', `${pods}/heald-a/status`, { status: { phase: 'Running' } }, { contentType })
  const flags = ['--kubeconfig', writeKubeconfig(t.testdir(), front.url)]

  const started = performance.now()
  const why = await heald('why', 'w0', '--port', String(local.port), ...flags)
  t.match(why, { code: 0, out: /^w0: REPAIR/, err: '' })
  t.ok(performance.now() - started < 15_000, 'no socket keeps it alive')
  t.equal(front.asked.length, 1)
  t.match(await heald('pause', 'w0', '--for', '1h', ...flags), { code: 0, out: /^the node w0 is now paused for 1h/ })
  const all = JSON.stringify([why, await heald('history', ...flags)])
  t.notOk(all.includes(SECRET_TOKEN))
})

t.test('a reader that closes the pipe early is no fault', async (t) => {
  const { code, err } = await run(
    'bash',
    ['-c', `"${process.execPath}" "${file}" --help | true; exit \${PIPESTATUS[0]}`],
    { env },
  )
  t.same({ code, err }, { code: 0, err: '' })
})

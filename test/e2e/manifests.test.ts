import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { startLab } from '../lab/cluster.ts'
import { HEALD, ROOT } from '../lab/paths.ts'
import { until } from '../lab/until.ts'

t.setTimeout(300_000)

const folder = mkdtempSync(join(tmpdir(), 'heald-manifests-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const lab = await startLab({ name: 'heald-manifests', controlPlane: 1, workers: 1 })
t.teardown(() => lab.stop())
const DAEMON_SET = '/apis/apps/v1/namespaces/kube-system/daemonsets/heald'
const PODS = '/api/v1/namespaces/kube-system/pods?labelSelector=app.kubernetes.io/name=heald'

for (const name of ['base', 'overlays/kind', 'overlays/openstack']) {
  const path = join(ROOT, 'manifests', name)

  t.test(`manifests/${name}: the API server takes all of it as it is, and heald its configuration`, async (t) => {
    const applied = await lab.kubectl('apply', '-k', path, '--dry-run=server')
    for (const kind of ['customresourcedefinition', 'serviceaccount', 'clusterrole', 'configmap', 'daemonset']) {
      t.match(applied, kind)
    }
    const rendered = parseAllDocuments(await lab.kubectl('kustomize', path)).map((one) => one.toJSON())
    const text: string = rendered.find(({ kind }) => kind === 'ConfigMap').data['config.yaml']
    const file = join(folder, 'config.yaml')
    writeFileSync(file, text)
    await t.resolves(promisify(execFile)(process.execPath, [HEALD, 'check', file]))
    t.match(text, 'dryRun: true', 'who installs it only looks at first')
  })
}

t.test('the DaemonSet puts one pod on every control-plane node and none elsewhere, sick ones included', async (t) => {
  const [master = ''] = lab.masters
  await lab.faults.kubeletDead(master)
  await until(`${master} is not ready`, async () => !(await lab.isReady(master)), 120_000)
  await lab.kubectl('apply', '-k', join(ROOT, 'manifests', 'base'))
  const scheduled = async () => {
    const { items } = await lab.must('GET', PODS)
    return items.length > 0 && items.every((pod: { spec: { nodeName?: string } }) => pod.spec.nodeName)
      ? items
      : undefined
  }
  const pods = await until('its pods have a node', scheduled, 60_000)
  t.same(
    pods.map(({ spec }: { spec: { nodeName: string } }) => spec.nodeName),
    [master],
  )
  const [{ spec }] = pods
  t.match(spec, { hostNetwork: true, priorityClassName: 'system-node-critical', serviceAccountName: 'heald' })
  t.ok(spec.terminationGracePeriodSeconds > 15, 'a leader has its 15 s to let go')
  t.match(spec.containers[0].securityContext, { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
  t.match(spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  const probes = [spec.containers[0].livenessProbe, spec.containers[0].readinessProbe]
  t.same(
    probes.map(({ httpGet }) => `${httpGet.host}:${httpGet.port}${httpGet.path}`),
    ['127.0.0.1:9470/livez', '127.0.0.1:9470/readyz'],
    'asked where nobody on the network can be in the way',
  )
  await lab.kubectl('delete', 'daemonset', 'heald', '-n', 'kube-system')
  t.equal((await lab.request('GET', DAEMON_SET)).status, 404)
})

import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import type { KubeError } from '../../src/kube/client/http.ts'
import { createLedger, REPAIRS_PATH } from '../../src/kube/store/repairs.ts'
import { startControlPlane } from '../lab/control-plane.ts'
import { httpTo } from '../support/kube/api.ts'
import { installCrd, shippedCrd } from '../support/kube/crd.ts'
import { spec, status } from '../support/kube/repairs.ts'

const { signal } = new AbortController()
const MERGE = 'application/merge-patch+json'
const POLICIES = '/apis/admissionregistration.k8s.io/v1'
const plane = await startControlPlane()
t.teardown(() => plane.stop())
await installCrd(plane, await shippedCrd())

/** An account that may do all there is, as far as roles go. */
async function account(namespace: string, name: string) {
  const token = await plane.serviceAccountToken(namespace, name)
  await plane.must('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: `${namespace}-${name}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  })
  const http = await httpTo({ kubeconfig: await plane.writeKubeconfig(`${namespace}-${name}`, token) })
  return { http, ledger: createLedger({ http }) }
}

t.test('nobody but heald creates a NodeRepair or writes a status, whatever roles say', async (t) => {
  const heald = await account('kube-system', 'heald')
  const other = await account('default', 'other')
  const repair = await heald.ledger.create('r1', spec(), signal)
  await other.ledger.writeStatus(repair, status(), signal)

  const [policy, binding] = parseAllDocuments(await readFile('manifests/base/admission.yaml', 'utf8')).map((one) =>
    one.toJS(),
  )
  await plane.must('POST', `${POLICIES}/validatingadmissionpolicies`, policy)
  await plane.must('POST', `${POLICIES}/validatingadmissionpolicybindings`, binding)
  const tryCreate = (): Promise<number> =>
    other.http
      .request(
        {
          ...{ method: 'POST', path: REPAIRS_PATH, query: { dryRun: 'All' } },
          body: { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', metadata: { name: 'x' }, spec: spec() },
        },
        signal,
      )
      .then(
        () => 201,
        (thrown: KubeError) => thrown.status,
      )
  for (let i = 0; i < 1_200 && (await tryCreate()) !== 403; i++) await delay(25)

  const refused = { status: 403, message: /only heald creates NodeRepairs and writes their status/ }
  await t.rejects(other.ledger.create('r2', spec(), signal), refused)
  const stored = await heald.ledger.get('r1', signal)
  if (stored === undefined) throw new Error('r1 is gone')
  await t.rejects(other.ledger.writeStatus(stored, status({ epoch: 9 }), signal), refused)
  const patch = { path: `${REPAIRS_PATH}/r1/status`, body: { status: { epoch: 9 } }, contentType: MERGE } as const
  await t.rejects(other.http.request({ method: 'PATCH', ...patch }, signal), refused)

  const after = await heald.ledger.writeStatus(stored, status({ epoch: 6 }), signal)
  t.equal(after.status?.epoch, 6)
  t.same(await heald.ledger.probe(signal), { usable: true, reason: 'Ok' })
  const note = { body: { metadata: { annotations: { 'heald.dev/approve': 'replace' } } }, contentType: MERGE } as const
  await t.resolves(other.http.request({ method: 'PATCH', path: `${REPAIRS_PATH}/r1`, ...note }, signal), 'approves')
  await t.resolves(other.ledger.delete(after, signal), 'withdraws')
})

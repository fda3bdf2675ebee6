import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { parse } from 'yaml'
import { kubeApiContract } from '../contract/kube-api.ts'
import { startControlPlane } from '../lab/control-plane.ts'

kubeApiContract(t, async () => {
  const plane = await startControlPlane()
  t.teardown(() => plane.stop())
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  await plane.must('POST', definitions, parse(await readFile('manifests/base/crd.yaml', 'utf8')))
  const served = async (): Promise<boolean> =>
    (await plane.request('GET', '/apis/heald.dev/v1alpha1/noderepairs')).status === 200
  while (!(await served())) await delay(50)
  // A restarted API server knows no change from before its start.
  return { ...plane, compact: plane.restartApi }
})

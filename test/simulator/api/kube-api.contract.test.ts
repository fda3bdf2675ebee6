import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse } from 'yaml'
import { startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { kubeApiContract } from '../../contract/kube-api.ts'

kubeApiContract(t, async () => {
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  const crd = parse(await readFile('manifests/base/crd.yaml', 'utf8'))
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`
  api.call('PATCH', path, { spec: crd.spec }, { contentType: 'application/merge-patch+json' })
  return { url: api.url, compact: async () => api.store.compact() }
})

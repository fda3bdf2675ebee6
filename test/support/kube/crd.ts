import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { REPAIRS_PATH } from '../../../src/kube/store/repairs.ts'
import type { ControlPlane } from '../../lab/control-plane.ts'
import { spec } from './repairs.ts'

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const NAME = 'noderepairs.heald.dev'
let bent = 0

// biome-ignore lint/suspicious/noExplicitAny: tests bend the manifest at will
export type Manifest = any

type Plane = Pick<ControlPlane, 'request' | 'must'>

export async function shippedCrd(): Promise<Manifest> {
  return parse(await readFile(new URL('../../../manifests/base/crd.yaml', import.meta.url), 'utf8'))
}

/** Creates the CRD; returns when it is served. */
export async function installCrd(plane: Plane, crd: object): Promise<void> {
  await plane.must('POST', CRDS, crd)
  await until(async () => (await plane.request('GET', REPAIRS_PATH)).status === 200)
}

/** Replaces the CRD's schema and subresources in place; returns when the API server goes by them, told by a default of its own. */
export async function bendCrd(plane: Plane, crd: Manifest): Promise<void> {
  const mark = `bent-${++bent}`
  const { openAPIV3Schema } = crd.spec.versions[0].schema
  openAPIV3Schema.properties = { ...openAPIV3Schema.properties, mark: { type: 'string', default: mark } }
  const { metadata } = await plane.must('GET', `${CRDS}/${NAME}`)
  await plane.must('PUT', `${CRDS}/${NAME}`, { ...crd, metadata: { ...crd.metadata, ...metadata } })
  const body = { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', metadata: { name: mark }, spec: spec() }
  await until(async () => (await plane.request('POST', `${REPAIRS_PATH}?dryRun=All`, body)).body.mark === mark)
}

export async function removeCrd(plane: Plane): Promise<void> {
  await plane.request('DELETE', `${CRDS}/${NAME}`)
  await until(async () => {
    const { status } = await plane.request('GET', `${CRDS}/${NAME}`)
    return status === 404 && (await plane.request('GET', REPAIRS_PATH)).status === 404
  })
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_200; i++) {
    if (await isSo()) return
    await delay(25)
  }
  throw new Error('the CRD did not settle in 30 s')
}

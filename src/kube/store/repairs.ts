import { type NodeRepair, REPAIR_FINALIZER } from '../../core/model/node-repair.ts'
import type { Ledger } from '../../core/ports/ledger.ts'
import { orConflict, orGone } from '../client/answers.ts'
import type { KubeHttp } from '../client/http.ts'
import { listPages } from '../client/pages.ts'
import { probeLedger } from './repair-probe.ts'
import {
  PROBE_NAME,
  REPAIR_API_VERSION,
  REPAIR_KIND,
  readRepair,
  storedSpec,
  storedStatus,
  type UnreadableRepair,
} from './repair-schema.ts'

export const REPAIRS_PATH = '/apis/heald.dev/v1alpha1/noderepairs'

/**
 * The NodeRepair store. Errors besides what `Ledger` names: KubeError when the API server could not be asked, said no
 * to who we are, or has no such kind; Error when it answers with an object that can't be read.
 */
export function createLedger(options: { readonly http: KubeHttp }): Ledger {
  const { http } = options
  return {
    async list(signal) {
      const repairs: NodeRepair[] = []
      const unreadable: UnreadableRepair[] = []
      for await (const item of listPages(http, REPAIRS_PATH, {}, signal)) {
        const read = readRepair(item)
        if ('unreadable' in read) unreadable.push(read.unreadable)
        else if (read.repair.name !== PROBE_NAME) repairs.push(read.repair)
      }
      return { repairs, unreadable: unreadable.filter((one) => one.name !== PROBE_NAME) }
    },

    async get(name, signal) {
      const stored = await orGone(http.request({ method: 'GET', path: pathOf(name) }, signal))
      return stored === undefined ? undefined : mustRead(stored)
    },

    async create(name, spec, signal) {
      const body = { apiVersion: REPAIR_API_VERSION, kind: REPAIR_KIND, metadata: { name }, spec: storedSpec(spec) }
      return mustRead(await orConflict(http.request({ method: 'POST', path: REPAIRS_PATH, body }, signal), [409]))
    },

    async writeStatus(repair, status, signal) {
      const body = {
        apiVersion: REPAIR_API_VERSION,
        kind: REPAIR_KIND,
        metadata: { name: repair.name, uid: repair.uid, resourceVersion: repair.resourceVersion },
        spec: storedSpec(repair.spec),
        status: storedStatus(status),
      }
      const path = `${pathOf(repair.name)}/status`
      return mustRead(await orConflict(http.request({ method: 'PUT', path, body }, signal), [404, 409, 422]))
    },

    async setFinalizer(repair, present, signal) {
      if (repair.finalizers.includes(REPAIR_FINALIZER) === present) return repair
      const others = repair.finalizers.filter((finalizer) => finalizer !== REPAIR_FINALIZER)
      const finalizers = present ? [...others, REPAIR_FINALIZER] : others
      const body = { metadata: { uid: repair.uid, resourceVersion: repair.resourceVersion, finalizers } }
      const contentType = 'application/merge-patch+json'
      const patch = http.request({ method: 'PATCH', path: pathOf(repair.name), body, contentType }, signal)
      const stored = await orGone(orConflict(patch, [409, 422]))
      if (stored === undefined) return undefined
      const after = mustRead(stored)
      // The API server still answers with the object whose last finalizer this took, but it is gone.
      return after.deleting && after.finalizers.length === 0 ? undefined : after
    },

    async delete(repair, signal) {
      const body = { preconditions: { uid: repair.uid } }
      await orGone(http.request({ method: 'DELETE', path: pathOf(repair.name), body }, signal), [404, 409])
    },

    probe: (signal) => probeLedger(http, REPAIRS_PATH, signal),
  }
}

function pathOf(name: string): string {
  return `${REPAIRS_PATH}/${encodeURIComponent(name)}`
}

function mustRead(object: unknown): NodeRepair {
  const read = readRepair(object)
  if ('repair' in read) return read.repair
  throw new Error(`ledger: NodeRepair ${read.unreadable.name}: can't be read: ${read.unreadable.why}`)
}

import type { Epoched, FencedObject } from '../../core/model/fenced.ts'
import type { FencedStore, Unreadable } from '../../core/ports/ledger.ts'
import { orConflict, orGone } from '../client/answers.ts'
import type { KubeHttp } from '../client/http.ts'
import { listPages } from '../client/pages.ts'
import { apiVersionOf, type Definition, pathOf } from '../crd/definition.ts'
import { collectionPath, isProbeKey, metadataOf, objectPath } from './keys.ts'
import { probeStore } from './probe.ts'
import { createReader, storedSpec, storedStatus } from './stored.ts'

/**
 * The store of one kind. Errors besides what `FencedStore` names: KubeError when the API server could not be asked, said
 * no to who we are, or has no such kind; Error when it answers with an object that can't be read.
 */
export function createFencedStore<Spec extends Epoched, Status extends Epoched>(
  http: KubeHttp,
  definition: Definition<Spec, Status>,
): FencedStore<Spec, Status> {
  type Item = FencedObject<Spec, Status>
  const { kind, finalizer } = definition
  const all = pathOf(definition)
  const at = (name: string): string => objectPath(definition, name)
  const head = { apiVersion: apiVersionOf(definition), kind }
  const read = createReader(definition)

  const mustRead = (given: unknown): Item => {
    const answer = read(given)
    if ('object' in answer) return answer.object
    throw new Error(`ledger: ${kind} ${answer.unreadable.name}: can't be read: ${answer.unreadable.why}`)
  }

  return {
    async list(signal) {
      const objects: Item[] = []
      const unreadable: Unreadable[] = []
      for await (const item of listPages(http, all, {}, signal)) {
        const answer = read(item)
        if ('unreadable' in answer) unreadable.push(answer.unreadable)
        else if (!isProbeKey(answer.object.name)) objects.push(answer.object)
      }
      return { objects, unreadable: unreadable.filter((one) => !isProbeKey(one.name)) }
    },

    async get(name, signal) {
      const stored = await orGone(http.request({ method: 'GET', path: at(name) }, signal))
      return stored === undefined ? undefined : mustRead(stored)
    },

    async create(name, spec, signal) {
      const body = { ...head, metadata: metadataOf(name), spec: storedSpec(definition, spec) }
      const path = collectionPath(definition, name)
      return mustRead(await orConflict(http.request({ method: 'POST', path, body }, signal), [409]))
    },

    async writeStatus({ name, uid, resourceVersion, spec }, status, signal) {
      const body = {
        ...head,
        metadata: { ...metadataOf(name), uid, resourceVersion },
        spec: storedSpec(definition, spec),
        status: storedStatus(definition, status),
      }
      const path = `${at(name)}/status`
      return mustRead(await orConflict(http.request({ method: 'PUT', path, body }, signal), [404, 409, 422]))
    },

    async setFinalizer(object, present, signal) {
      const { name, uid, resourceVersion } = object
      if (object.finalizers.includes(finalizer) === present) return object
      const others = object.finalizers.filter((each) => each !== finalizer)
      const finalizers = present ? [...others, finalizer] : others
      const body = { metadata: { uid, resourceVersion, finalizers } }
      const contentType = 'application/merge-patch+json'
      const patch = http.request({ method: 'PATCH', path: at(name), body, contentType }, signal)
      const stored = await orGone(orConflict(patch, [409, 422]))
      if (stored === undefined) return undefined
      const after = mustRead(stored)
      // The API server still answers with the object whose last finalizer this took, but it is gone.
      return after.deleting && after.finalizers.length === 0 ? undefined : after
    },

    async delete({ name, uid }, signal) {
      const body = { preconditions: { uid } }
      await orGone(http.request({ method: 'DELETE', path: at(name), body }, signal), [404, 409])
    },

    probe: (signal) => probeStore(http, definition, signal),
  }
}

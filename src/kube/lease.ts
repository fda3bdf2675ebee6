import type { Millis } from '../core/model/primitives.ts'
import { recordAt, textOf, textOrEmpty } from '../lib/pure/json.ts'
import { microTime } from '../lib/pure/rfc3339.ts'
import { KubeError, type KubeHttp } from './client/http.ts'
import { leasesIn, pathIn } from './client/paths.ts'

/** What heald writes into a Lease: client-go's record, field by field. */
export interface LeaseFields {
  /** Empty: nobody holds it. */
  readonly holder: string
  readonly transitions: number
  /** Calendar milliseconds of the machine that wrote; stored as MicroTime. For people: ages count from when a record is seen to change. */
  readonly renewedAt: Millis
  readonly acquiredAt: Millis
  readonly leaseDurationSeconds: number
}

/** What of a stored Lease matters to an election. Missing fields read as empty, 0 or undefined. */
export interface LeaseRecord {
  readonly holder: string
  readonly transitions: number
  readonly renewTime: string | undefined
  readonly acquireTime: string | undefined
  readonly leaseDurationSeconds: number | undefined
  readonly resourceVersion: string
  /** As stored, and sent back unchanged: other people's labels and annotations survive our PUT. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** One Lease. A "no" is an answer (`conflict`, `gone`); what could not be asked throws. */
export interface LeaseApi {
  /** `namespace/name`. */
  readonly name: string
  /** Consistent read; undefined when there is none. */
  get(signal: AbortSignal): Promise<LeaseRecord | undefined>
  create(fields: LeaseFields, signal: AbortSignal): Promise<LeaseRecord | 'conflict'>
  /** PUT at the resourceVersion of `at`. */
  update(fields: LeaseFields, at: LeaseRecord, signal: AbortSignal): Promise<LeaseRecord | 'conflict' | 'gone'>
}

export function createLeaseApi(http: KubeHttp, namespace: string, name: string): LeaseApi {
  const all = leasesIn(namespace)
  const one = pathIn(all, name)
  return {
    name: `${namespace}/${name}`,
    async get(signal) {
      const answer = await answerOf(http.request({ method: 'GET', path: one }, signal))
      return typeof answer === 'string' ? undefined : answer
    },
    async create(fields, signal) {
      const body = manifest({ name, namespace }, fields)
      const request = http.request({ method: 'POST', path: all, body }, signal)
      // A 404 to a create names the namespace, not the Lease: that is an error, and not an answer.
      return request.then(toRecord, (thrown: unknown) => {
        if (thrown instanceof KubeError && thrown.status === 409) return 'conflict'
        throw thrown
      })
    },
    async update(fields, at, signal) {
      const body = manifest({ ...at.metadata, name, namespace, resourceVersion: at.resourceVersion }, fields)
      return answerOf(http.request({ method: 'PUT', path: one, body }, signal))
    },
  }
}

async function answerOf(request: Promise<unknown>): Promise<LeaseRecord | 'conflict' | 'gone'> {
  try {
    return toRecord(await request)
  } catch (thrown) {
    if (thrown instanceof KubeError && thrown.status === 409) return 'conflict'
    if (thrown instanceof KubeError && thrown.status === 404) return 'gone'
    throw thrown
  }
}

function manifest(metadata: object, fields: LeaseFields): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: {
      // As client-go: a released lease has no holder at all rather than an empty one.
      ...(fields.holder === '' ? {} : { holderIdentity: fields.holder }),
      leaseTransitions: fields.transitions,
      renewTime: microTime(fields.renewedAt),
      acquireTime: microTime(fields.acquiredAt),
      leaseDurationSeconds: fields.leaseDurationSeconds,
    },
  }
}

function toRecord(body: unknown): LeaseRecord {
  const { managedFields: _, ...metadata } = recordAt(body, 'metadata')
  const spec = recordAt(body, 'spec')
  return {
    holder: textOrEmpty(spec.holderIdentity),
    transitions: numberOf(spec.leaseTransitions) ?? 0,
    renewTime: textOf(spec.renewTime),
    acquireTime: textOf(spec.acquireTime),
    leaseDurationSeconds: numberOf(spec.leaseDurationSeconds),
    resourceVersion: textOrEmpty(metadata.resourceVersion),
    metadata,
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

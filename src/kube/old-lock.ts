import { recordAt, recordOf, textOf, textOrEmpty } from '../lib/pure/json.ts'
import { hasStatus } from './client/answers.ts'
import type { KubeHttp } from './client/http.ts'
import { configMapPath, endpointsPath } from './client/paths.ts'

/** Where client-go's elections stood before there were Leases: JSON, under its LeaderElectionRecord's names. */
const ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'

/** `renewTime` is compared for change, never with our clock. */
export interface OldLockRecord {
  readonly holder: string
  readonly renewTime: string
  readonly leaseDurationSeconds: number
}

/** What carries the annotation. client-go locked by several at once in its later versions. */
export const OLD_LOCK_KINDS = ['ConfigMap', 'Endpoints'] as const
export type OldLockKind = (typeof OLD_LOCK_KINDS)[number]

export interface OldLockApi {
  /** For people: `ConfigMap namespace/name`. */
  readonly name: string
  /** Undefined: nobody has ever held it. Garbage is held by nobody: client-go takes such a lock, too. */
  get(signal: AbortSignal): Promise<OldLockRecord | undefined>
}

/** The election of a program that does not know Leases, read and never written: magnum-auto-healer up to v1.23. */
export function createOldLockApi(http: KubeHttp, kind: OldLockKind, namespace: string, name: string): OldLockApi {
  const path = kind === 'ConfigMap' ? configMapPath(namespace, name) : endpointsPath(namespace, name)
  return {
    name: `${kind} ${namespace}/${name}`,
    async get(signal) {
      try {
        const found = await http.request({ method: 'GET', path }, signal)
        return parseOldLock(textOf(recordAt(recordAt(found, 'metadata'), 'annotations')[ANNOTATION]))
      } catch (thrown) {
        if (hasStatus(thrown, [404])) return undefined
        throw thrown
      }
    },
  }
}

export function parseOldLock(text: string | undefined): OldLockRecord | undefined {
  const record = recordOf(parsed(text))
  const holder = textOrEmpty(record.holderIdentity)
  const { leaseDurationSeconds: seconds } = record
  if (holder === '') return undefined
  // Nobody has elections of an hour; without a number, client-go's default.
  const leaseDurationSeconds = typeof seconds === 'number' && seconds > 0 && seconds <= 3_600 ? seconds : 15
  return { holder, renewTime: textOrEmpty(record.renewTime), leaseDurationSeconds }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}

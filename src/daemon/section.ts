import type { Duty } from '../controller/duties.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { Log, Tell } from '../core/ports/log.ts'
import type { RouteGroup } from '../http/route.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import type { Definition } from '../kube/crd/definition.ts'
import type { Loop } from '../lib/supervise.ts'
import type { Sink } from '../telemetry/sinks.ts'

/** What heald asks of the API server: `heald check --live` tries each, and manifests/base/rbac.yaml grants them. */
export interface Right {
  /** Separated by spaces. */
  readonly verbs: string
  readonly group: string
  readonly resource: string
  /** Without one: in the whole cluster. */
  readonly namespace?: string
  readonly name?: string
}

export interface SectionContext {
  readonly clock: Clock
  readonly log: Log
  readonly tell: Tell
  readonly http: KubeHttp
}

/** What a section adds to a replica. */
export interface SectionParts {
  readonly routes?: readonly RouteGroup[]
  readonly sinks?: readonly Sink[]
  /** Kept going on every replica. */
  readonly loops?: readonly Loop[]
  /** Run on the leader, in each of its terms. */
  readonly duties?: readonly Duty[]
}

/** One trade of heald. A new one is a folder with such a value, and a line in sections.ts. */
export interface Section {
  readonly name: string
  /** What it stores: their CRDs are generated. */
  readonly kinds: readonly Definition[]
  readonly rights: readonly Right[]
  readonly create?: (context: SectionContext) => SectionParts
}

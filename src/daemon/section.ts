import type { z } from 'zod'
import type { Config } from '../config/schema/schema.ts'
import type { Duty } from '../controller/duties.ts'
import type { Epoched, FencedObject } from '../core/model/fenced.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Decision, View } from '../core/model/view.ts'
import type { Watched } from '../core/ports/watched.ts'
import type { RouteGroup } from '../http/route.ts'
import type { Definition } from '../kube/crd/definition.ts'
import type { Loop } from '../lib/supervise.ts'
import type { Sink } from '../telemetry/sinks.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { Eyes } from './eyes.ts'

/** What heald asks of the API server: manifests/base/rbac.yaml is generated from them, and `heald check --live` tries each. */
export interface Right {
  /** For the reader of the manifest; without one, the one before says it. */
  readonly why?: string
  /** Separated by spaces. */
  readonly verbs: string
  readonly group: string
  readonly resource: string
  /** Without one: in the whole cluster. */
  readonly namespace?: string
  readonly name?: string
  /** Only some settings need it: nobody misses it who does not have them. */
  readonly optional?: true
}

type Given = 'clock' | 'log' | 'tell' | 'http' | 'provider' | 'ownNode' | 'onDecision' | 'onRecordLost'

export interface SectionContext extends Pick<DaemonOptions, Given> {
  /** The newest good configuration. What the section's own settings say: `config().sections`, by key. */
  readonly config: () => Config
  /** Of the configuration in force. */
  readonly policy: () => Policy
  readonly eyes: Eyes
}

/** What a section adds to a replica. */
export interface SectionParts {
  readonly routes?: readonly RouteGroup[]
  readonly sinks?: readonly Sink[]
  /** Kept going on every replica. */
  readonly loops?: readonly Loop[]
  /** Run on the leader, in each of its terms. */
  readonly duties?: readonly Duty[]
  /** Hear what the leader has decided, and by which picture. They must not throw. */
  readonly hearers?: readonly ((view: View, decision: Decision) => void)[]
  /** The live copies of what it stores: a term's epoch is above all that stand in them. */
  readonly watched?: readonly Pick<Watched<FencedObject<Epoched, Epoched>>, 'items'>[]
}

/** One trade of heald. A new one is a folder with such a value, and a line in sections.ts. */
export interface Section {
  readonly name: string
  /** What it stores: their CRDs are generated. */
  readonly kinds: readonly Definition[]
  readonly rights: readonly Right[]
  /** Its keys at the top of the configuration. Each accepts `undefined`, or has a default. */
  readonly settings?: Readonly<Record<string, z.ZodType>>
  readonly create?: (context: SectionContext) => SectionParts
}

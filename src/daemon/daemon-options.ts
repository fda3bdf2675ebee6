import type { ConfigReloader } from '../config/reloader.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Decision, View } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { CloudProvider } from '../core/ports/cloud-provider.ts'
import type { Log, Tell } from '../core/ports/log.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import type { ElectionStatus } from '../leader/options.ts'
import type { NewId, Random } from '../lib/pure/random.ts'
import type { Loop } from '../lib/supervise.ts'
import type { ObserverOptions } from '../observer/observer.ts'

/** All that a replica is given from outside: `cmd` reads the environment for it, tests and `heald demo` make it up. */
export interface DaemonOptions {
  readonly clock: Clock
  readonly log: Log
  readonly tell: Tell
  readonly http: KubeHttp
  /** Already holds a first good configuration. */
  readonly keeper: ConfigReloader
  /** Guarded. */
  readonly provider: CloudProvider
  /** The node this process runs on, where it runs on one. */
  readonly ownNode: string | undefined
  /** heald's own ConfigMap: annotations are switches, and `data['config.yaml']` the configuration when `configured`. */
  readonly configMap: { readonly namespace: string; readonly name: string; readonly configured: boolean } | undefined
  readonly stopFile: string | undefined
  readonly token: (() => Promise<string>) | undefined
  /** PEM of what the cluster's certificates are signed by. */
  readonly clusterCA?: () => Promise<string | undefined>
  /** What else runs as long as this replica does, e.g. the reading of its configuration file. */
  readonly loops?: readonly Loop[]
  /** The TCP handshake with a suspect's kubelet; default: a real one. */
  readonly probe?: ObserverOptions['probe']
  /** How often suspects are looked at; 5 s. */
  readonly suspectIntervalMs?: Millis
  /** How often heartbeats are read; 5 s. */
  readonly heartbeatIntervalMs?: Millis
  /** Of which jitter is made; Math.random. */
  readonly random?: Random
  /** Names this replica among all others; a UUID. */
  readonly newId?: NewId
  /** Called each time that the loop of the switches comes round: at least every 10 s. */
  readonly onTick?: () => void
  readonly onDecision?: (view: View, decision: Decision, tookMs: Millis) => void
  /** So many lines of the record could not be written. */
  readonly onRecordLost?: (lines: number) => void
  /** This process stood still for so long. */
  readonly onStall?: (lostMs: Millis) => void
  readonly onRepair?: (after: NodeRepair | undefined, before: NodeRepair | undefined) => void
  readonly onElection?: (status: ElectionStatus) => void
}

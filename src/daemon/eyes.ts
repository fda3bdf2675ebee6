import type { Config } from '../config/schema/schema.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Policy } from '../core/model/policy.ts'
import { LEDGER_NOT_TRIED, type Switches } from '../core/model/view.ts'
import type { NodeApi } from '../core/ports/node-api.ts'
import type { Heartbeats, Watched } from '../core/ports/watched.ts'
import { doubtOf } from '../core/repair/doubt.ts'
import { createKubeletProbe } from '../healthcheck/kubelet-probe.ts'
import { NODES } from '../kube/client/paths.ts'
import { createNodeApi } from '../kube/node/node-api.ts'
import { parseNode } from '../kube/node/nodes.ts'
import { notOursByLabel } from '../kube/node/not-ours.ts'
import { holderOf } from '../kube/other-healds.ts'
import { createRepairWatch } from '../kube/store/repairs.ts'
import { createHeartbeats } from '../kube/watch/heartbeats.ts'
import { createWatched } from '../kube/watch/list-watch.ts'
import { asError } from '../lib/errors.ts'
import type { Loop } from '../lib/supervise.ts'
import { createObserver, type Observer, type ObserverOptions } from '../observer/observer.ts'
import { createStallWatch } from '../observer/sight/stall-watch.ts'
import { createStrangers } from '../telemetry/strangers.ts'
import type { DaemonOptions } from './daemon-options.ts'
import type { Election } from './election.ts'
import { createLiveSwitches, type LiveSwitches } from './live-switches.ts'
import { createOwnConfigMap } from './own-config-map.ts'

export interface EyesOptions {
  readonly config: () => Config
  readonly policy: () => Policy
  readonly election: Pick<Election, 'leadership' | 'highestEpoch' | 'onEpoch' | 'onLeading'>
  /** The cloud's own on/off and readiness. */
  readonly cloud: () => Switches['cloud']
}

/** What every replica sees, and what all of its trades lean on. */
export interface Eyes extends Pick<Observer, 'assembleView' | 'lookNow' | 'setChecks' | 'controlPlane' | 'etcd'> {
  readonly nodes: Watched<NodeFacts>
  readonly nodeApi: NodeApi
  /** Those that may be the work of heald's leaders: see `doubt`. */
  readonly repairs: Watched<NodeRepair>
  readonly heartbeats: Heartbeats
  /** Whether it is another heald's. */
  isForeign(repair: NodeRepair): boolean
  /** Why nothing is done by what a repair says; undefined: it is believed. */
  doubt(repair: NodeRepair): string | undefined
  readonly switches: Pick<LiveSwitches, 'current' | 'stopped'>
  /** Node, heartbeat, configuration and switches from the API, now. */
  refetch(node: string, signal: AbortSignal): Promise<void>
  /** Whoever has tried it says whether the stored rules of NodeRepair fence; before, they count as untried. */
  setLedgerHealth(health: ReturnType<ObserverOptions['ledger']>): void
  /** Anything of it has changed. Returns how to stop listening. */
  onChange(listener: () => void): () => void
  readonly loops: readonly Loop[]
}

/** Builds the watches, the switches, and the observer over them. */
export function createEyes(options: DaemonOptions, given: EyesOptions): Eyes {
  const { clock, log, tell, http, keeper, provider, ownNode, random = Math.random } = options
  const { config, policy, election } = given
  const { leadership, onLeading } = election
  const { poolLabels, zoneLabel, masterLabels, quorumLabels, otherActors, notOursLabels, leaderElection } = config()
  const byLabel = notOursByLabel(notOursLabels)
  const notOurs = (node: NodeFacts) => byLabel(node) ?? provider.notOurs?.(node)
  const parse = parseNode(poolLabels, zoneLabel, { masterLabels, quorumLabels, otherActors, notOurs })
  const nodes = createWatched<NodeFacts>({ http, path: NODES, parse, clock, log, random })
  const owner = `${leaderElection.namespace}/${leaderElection.name}`
  const isForeign = createStrangers(owner, tell, (lease) =>
    holderOf(http, lease, new AbortController().signal).catch(
      (thrown) => `whose holder is not known (${asError(thrown).message})`,
    ),
  )
  const doubt = (repair: NodeRepair): string | undefined => doubtOf(repair, election.highestEpoch())
  const {
    objects: repairs,
    unreadable,
    foreign,
    sortAgain,
  } = createRepairWatch({
    ...{ http, clock, log, random, isForeign },
    refuse: doubt,
  })
  election.onEpoch(sortAgain)
  const heartbeats = createHeartbeats({ http, clock, log, intervalMs: options.heartbeatIntervalMs })
  const own = options.configMap && createOwnConfigMap({ http, clock, log, tell, keeper, random }, options.configMap)
  const nodeApi = createNodeApi({ http, parseNode: parse, owner })
  const switches = createLiveSwitches(options, { ...given, nodes, own, leading: leadership.leading, onLeading })
  let ledgerHealth: ReturnType<ObserverOptions['ledger']> = LEDGER_NOT_TRIED
  const stalls = createStallWatch({ clock, tell, onStall: options.onStall })
  const observer = createObserver({
    ...{ clock, log, tell, nodes, repairs, heartbeats, unreadable, provider, policy, leadership, ownNode, stalls },
    installation: { owner, others: foreign },
    switches: switches.current,
    calendar: () => http.contact.calendar(),
    skewMs: () => http.contact.skewMs(),
    probe: options.probe ?? createKubeletProbe(clock),
    localVolumes: (node, signal) => nodeApi.localVolumes(node, signal),
    ledger: () => ledgerHealth,
    suspectIntervalMs: options.suspectIntervalMs ?? 5_000,
  })

  return {
    ...{ nodes, nodeApi, repairs, heartbeats, switches, doubt, isForeign },
    ...observer,
    async refetch(name, signal) {
      const [facts, renewTime] = await Promise.all([
        nodeApi.get(name, signal),
        nodeApi.heartbeat(name, signal),
        own?.refetch(signal),
      ])
      nodes.applyWrite(name, facts)
      if (renewTime !== undefined) heartbeats.applyRead(name, renewTime)
    },
    setLedgerHealth(health) {
      ledgerHealth = { ...health }
    },
    onChange(listener) {
      const unsubscribe = [observer.onChange(listener), switches.onChange(listener)]
      return () => {
        for (const stop of unsubscribe) stop()
      }
    },
    loops: [
      { name: 'pulse', run: stalls.run },
      ...observer.loops,
      ...switches.loops,
      ...(own === undefined ? [] : [{ name: 'watch of the ConfigMap', run: own.watched.run }]),
    ],
  }
}

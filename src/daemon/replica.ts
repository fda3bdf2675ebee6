import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { toPolicy } from '../config/policy.ts'
import type { ConfigReloader } from '../config/reloader.ts'
import type { Config } from '../config/schema/schema.ts'
import { type Duty, runDuties } from '../controller/duties.ts'
import { lead } from '../controller/nodes/loop.ts'
import { CONTROL_PLANE_ANNOTATION } from '../core/annotations/control-plane.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { NodeRepair } from '../core/model/node-repair.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Millis, Role } from '../core/model/primitives.ts'
import type { Decision, Switches, TermFacts, View } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { CloudProvider } from '../core/ports/cloud-provider.ts'
import type { Log, Tell } from '../core/ports/log.ts'
import { createKubeletProbe } from '../healthcheck/kubelet-probe.ts'
import { createChecks } from '../healthcheck/registry.ts'
import type { KubeHttp } from '../kube/client/http.ts'
import { NODES } from '../kube/client/paths.ts'
import { createLeaseApi } from '../kube/lease.ts'
import { withNote } from '../kube/lease-note.ts'
import { createNodeApi } from '../kube/node/node-api.ts'
import { parseNode } from '../kube/node/nodes.ts'
import { createLedger, createRepairWatch } from '../kube/store/repairs.ts'
import { createHeartbeats } from '../kube/watch/heartbeats.ts'
import { createWatched } from '../kube/watch/list-watch.ts'
import { runElector } from '../leader/elector.ts'
import type { ElectionStatus } from '../leader/options.ts'
import { asError } from '../lib/errors.ts'
import { type Loop, type LoopError, supervise } from '../lib/supervise.ts'
import { createObserver } from '../observer/observer.ts'
import { createSwitchBoard } from '../observer/switches.ts'
import { healthOf } from './cloud-health.ts'
import { createCloudTies } from './cloud-ties.ts'
import { createOwnConfigMap } from './own-config-map.ts'
import { createPauseRecorder } from './pause-recorder.ts'

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
  /** What else runs as long as this replica does, e.g. the reading of its configuration file. */
  readonly loops?: readonly Loop[]
  /** The TCP handshake with a suspect's kubelet; default: a real one. */
  readonly probe?: ReturnType<typeof createKubeletProbe>
  /** How often suspects are looked at; 5 s. */
  readonly suspectIntervalMs?: Millis
  /** How often heartbeats are read; 5 s. */
  readonly heartbeatIntervalMs?: Millis
  /** What the leader does beside healing nodes. */
  readonly duties?: readonly Duty[]
  /** Called twice a second while the loop turns. */
  readonly onTick?: () => void
  readonly onDecision?: (view: View, decision: Decision, tookMs: Millis) => void
  readonly onRepair?: (after: NodeRepair | undefined, before: NodeRepair | undefined) => void
  readonly onElection?: (status: ElectionStatus) => void
}

export interface Daemon {
  /** What this replica sees now. */
  view(term?: Partial<TermFacts>): View
  policy(): Policy
  switches(): Switches
  /** All that `run` keeps going. */
  readonly loops: readonly Loop[]
  /** Which loop is dead, and why. Undefined: none is. */
  failure(): LoopError | undefined
  /**
   * Runs until aborted: lets the step under way end, releases the Lease, then resolves. A loop that fails ends the
   * others in the same way, and is thrown as LoopError: a process with half of its eyes must not go on leading.
   */
  run(signal: AbortSignal): Promise<void>
}

/** Builds one replica of heald: every replica observes, the one that holds the Lease acts. */
export function createDaemon(options: DaemonOptions): Daemon {
  const { clock, log, tell, http, keeper, provider } = options
  const config = (): Config => {
    const current = keeper.current()
    if (current === undefined) throw new Error('heald: no configuration has been loaded')
    return current
  }
  const first = config()
  let policy = toPolicy(first)

  const parse = parseNode(first.poolLabels, first.zoneLabel)
  const nodes = createWatched<NodeFacts>({ http, path: NODES, parse, clock, log })
  const { objects: repairs, unreadable } = createRepairWatch({ http, clock, log })
  if (options.onRepair !== undefined) repairs.onChange((_, after, before) => options.onRepair?.(after, before))
  const heartbeats = createHeartbeats({ http, clock, log, intervalMs: options.heartbeatIntervalMs })
  const own = options.configMap && createOwnConfigMap({ http, clock, log, tell, keeper }, options.configMap)
  const nodeApi = createNodeApi({ http, parseNode: parse })
  const ledger = createLedger({ http })

  let election: ElectionStatus = {
    leading: false,
    epoch: undefined,
    holder: undefined,
    renewedAt: undefined,
    standingAside: false,
  }
  let handedOverAt: Millis | undefined
  let takerPresent = true
  let ledgerHealth = { usable: false, reason: 'NotTried' }
  let stopped = false
  const switchBoard = createSwitchBoard({
    tell,
    dryRun: () => config().dryRun,
    stopped: () => stopped,
    nodes,
    configMap: own?.watched,
    calendar: () => http.contact.calendar(),
    cloud: () => ties.switch(),
  })
  const observer = createObserver({
    clock,
    log,
    tell,
    nodes,
    repairs,
    heartbeats,
    unreadable,
    provider,
    policy: () => policy,
    switches: switchBoard.current,
    calendar: () => http.contact.calendar(),
    skewMs: () => http.contact.skewMs(),
    probe: options.probe ?? createKubeletProbe(clock),
    localVolumes: (node, signal) => nodeApi.localVolumes(node, signal),
    leadership: {
      leading: () => election.leading,
      renewalsFine: () => election.leading && clock.now() - (election.renewedAt ?? 0) < 15_000,
      takerPresent: () => takerPresent,
    },
    ledger: () => ledgerHealth,
    ownNode: options.ownNode,
    suspectIntervalMs: options.suspectIntervalMs ?? 5_000,
  })
  const ties = createCloudTies({
    ...{ clock, provider, tell },
    leading: () => election.leading,
    health: () => (config().dryRun || stopped ? undefined : healthOf(observer.assembleView())),
  })
  const checksOf = (role: Role) => createChecks(role, config().healthcheck[role], { clock, log, token: options.token })
  const applyConfig = (): void => {
    const checks = { master: checksOf('master'), worker: checksOf('worker') }
    policy = toPolicy(config())
    observer.setChecks(checks, config().monitorInterval)
  }
  keeper.onChange(() => {
    try {
      applyConfig()
    } catch (thrown) {
      const message = `${asError(thrown).message}; checks and policy stay as they were`
      tell({ level: 'error', reason: 'ConfigInvalid', message })
    }
  })
  async function refetch(name: string, signal: AbortSignal): Promise<void> {
    const [facts, renewTime] = await Promise.all([
      nodeApi.get(name, signal),
      nodeApi.heartbeat(name, signal),
      own?.refetch(signal),
    ])
    nodes.applyWrite(name, facts)
    if (renewTime !== undefined) heartbeats.applyRead(name, renewTime)
  }

  const recordPauses = createPauseRecorder({ http, tell, configMap: own?.path })

  async function tendSwitches(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      options.onTick?.()
      own?.tick()
      stopped = options.stopFile !== undefined && existsSync(options.stopFile)
      if (election.leading) {
        // The end of a pause that a wrong clock works out would stand when the clock is right again.
        const clocksAgree = Math.abs(http.contact.skewMs()) <= policy.ownSight.skewMs
        if (clocksAgree) await recordPauses(switchBoard.records(), signal)
      }
      await clock.sleep(500, signal).catch(() => undefined)
    }
  }

  function lock(reference: string) {
    const [namespace = '', name = ''] = reference.split('/')
    return createLeaseApi(http, namespace, name)
  }

  async function elect(signal: AbortSignal): Promise<void> {
    const { leaderElection } = config()
    const ownLease = createLeaseApi(http, leaderElection.namespace, leaderElection.name)
    const identity = `${options.ownNode ?? 'heald'}_${randomUUID()}`
    await runElector(
      {
        leases: [
          withNote(ownLease, CONTROL_PLANE_ANNOTATION, observer.controlPlane.exchange),
          ...leaderElection.additionalLocks.map(lock),
        ],
        identity,
        clock,
        tell,
        timings: {
          leaseDurationMs: leaderElection.leaseDuration,
          renewDeadlineMs: leaderElection.renewDeadline,
          retryPeriodMs: leaderElection.retryPeriod,
        },
        minimumEpoch: () =>
          Math.max(0, ...[...repairs.items.values()].map((one) => one.status?.epoch ?? one.spec.epoch)),
        standAside: () => stopped,
        onStatus: (status) => {
          if (status.holder !== undefined && status.holder !== identity) takerPresent = true
          election = status
          options.onElection?.(status)
        },
      },
      async (term, ending) => {
        if (handedOverAt !== undefined) takerPresent = false
        handedOverAt = undefined
        const heal: Duty = (term, stopping) =>
          lead(
            {
              clock,
              tell,
              provider,
              nodes,
              nodeApi,
              repairs,
              ledger,
              policy: () => policy,
              assembleView: observer.assembleView,
              lookNow: observer.lookNow,
              refetch,
              ledgerHealth: (health) => {
                ledgerHealth = { ...health }
              },
              publish: (view, decision) => options.onDecision?.(view, decision, clock.now() - view.now),
              onChange: (listener) => {
                const deaf = [observer.onChange(listener), switchBoard.onChange(listener)]
                return () => {
                  for (const stop of deaf) stop()
                }
              },
              stopping,
              ownNode: options.ownNode,
            },
            term,
          )
        const result = await runDuties([heal, ...(options.duties ?? [])], term, ending)
        if (result !== 'hand-over') return undefined
        handedOverAt = clock.now()
        return 'hand-over'
      },
      signal,
    )
  }

  const eyes: readonly Loop[] = [
    ...observer.loops,
    { name: 'switches', run: tendSwitches },
    { name: 'ties to the cloud', run: ties.run },
    ...(own === undefined ? [] : [{ name: 'watch of the ConfigMap', run: own.watched.run }]),
    ...(options.loops ?? []),
  ]
  const elector: Loop = { name: 'election', run: elect }
  let failure: LoopError | undefined
  const onFailure = (error: LoopError, restarted: boolean): void => {
    if (!restarted) failure ??= error
    tell({
      level: 'error',
      reason: 'LoopFailed',
      message: `${error.message}; ${restarted ? 'it begins again' : 'heald ends'}`,
    })
  }

  return {
    view: observer.assembleView,
    policy: () => policy,
    switches: switchBoard.current,
    loops: [...eyes, elector],
    failure: () => failure,
    async run(signal) {
      applyConfig()
      await supervise([eyes, [elector]], { clock, onFailure }, signal)
    },
  }
}

import { guardProvider } from '../../cloudprovider/contract/guard.ts'
import { toPolicy } from '../../config/policy.ts'
import type { Config } from '../../config/schema/schema.ts'
import { lead } from '../../controller/nodes/loop.ts'
import { ALONE } from '../../core/model/node-repair.ts'
import type { Millis, Role } from '../../core/model/primitives.ts'
import { type Decision, LEDGER_NOT_TRIED, type View } from '../../core/model/view.ts'
import type { CloudProvider } from '../../core/ports/cloud-provider.ts'
import { SILENT, type Tell } from '../../core/ports/log.ts'
import { LeaseLostError } from '../../core/ports/term.ts'
import { createChecks } from '../../healthcheck/registry.ts'
import { createLinked, sleepUnless } from '../../lib/abort.ts'
import type { Chance } from '../../lib/pure/random.ts'
import { createObserver } from '../../observer/observer.ts'
import { createSwitchBoard } from '../../observer/switches.ts'
import type { Recorder, RecorderOptions } from '../../record/recorder.ts'
import type { FleetCloud } from '../fleet/cloud.ts'
import type { Fleet } from '../fleet/fleet.ts'
import { createFleetHeartbeats } from '../fleet/heartbeats.ts'
import { createFleetLedger } from '../fleet/ledger.ts'
import type { LinkBoard } from '../fleet/links.ts'
import { createFleetNodeApi } from '../fleet/node-api.ts'
import type { NodeRegistry } from '../fleet/node-registry.ts'
import { createPace } from '../fleet/pace.ts'
import { createFleetProbe } from '../fleet/probe.ts'
import type { Schedule } from '../fleet/schedule.ts'
import { createWatchedNodes } from '../fleet/watched-nodes.ts'

export interface HealdOptions {
  readonly schedule: Schedule
  readonly fleet: Fleet
  readonly registry: NodeRegistry
  readonly links: LinkBoard
  readonly cloud: FleetCloud
  readonly config: Config
  readonly chance: Chance
  readonly tell: Tell
  readonly onDecision: (view: View, decision: Decision) => void
  /** How often a suspect of which something changes is looked at. */
  readonly paceMs: Millis
  readonly record: Recording | undefined
}

/** Given what heald sees with, makes the recorder of what it sees. */
export type Recording = (eyes: Pick<RecorderOptions, 'clock' | 'nodes' | 'heartbeats' | 'policy'>) => Recorder

/** Nothing comes but what somebody rings for, and the moments that a round has named. */
const LONGEST_SLEEP_MS = 3_600_000

/**
 * One heald: the observer and the leader's loop, the very lines that the daemon runs, over ports in memory. Its
 * election is one line long: it leads while it reaches the API server, and a term lost is followed by the next one.
 */
export async function runHeald(options: HealdOptions): Promise<void> {
  const { schedule, fleet, registry, links, config, tell } = options
  const { clock, signal } = schedule
  const policy = toPolicy(config)
  const heartbeats = createFleetHeartbeats(schedule, registry, links, options.paceMs)
  const nodes = createWatchedNodes(registry, links)
  const nodeApi = createFleetNodeApi(registry, links)
  const { ledger, repairs } = createFleetLedger(clock, links)
  const { paceMs } = options
  const pace = createPace({ fleet, registry, links, cloud: options.cloud, paceMs })
  const guarded = guardProvider(options.cloud, { clock, tell })
  const list = guarded.members
  const provider: CloudProvider = {
    ...guarded,
    // While nothing changes, a list each minute would say the same half a million times a year.
    ...(list && { members: (signal) => pace.untilListMatters(signal).then(() => list(signal)) }),
  }
  pace.onChange(heartbeats.stir)
  const calendar = (): number => clock.wall()
  const recorder = options.record?.({ clock, nodes, heartbeats, policy: () => policy })
  let leading = false
  let ledgerHealth = LEDGER_NOT_TRIED

  const switches = createSwitchBoard({
    ...{ tell, nodes, calendar, configMap: undefined },
    dryRun: () => config.dryRun,
    stopped: () => false,
    cloud: () => undefined,
  })
  const observer = createObserver({
    ...{ clock, log: SILENT, tell, nodes, repairs, heartbeats, provider, calendar },
    unreadable: () => new Map(),
    installation: ALONE,
    policy: () => policy,
    switches: switches.current,
    skewMs: () => links.now.skewMs,
    probe: createFleetProbe(schedule, fleet, links, options.chance),
    localVolumes: nodeApi.localVolumes,
    leadership: {
      leading: () => leading,
      renewalsFine: () => leading && clock.now() - links.seenAt < config.leaderElection.leaseDuration,
      takerPresent: () => true,
    },
    ledger: () => ledgerHealth,
    ownNode: undefined,
    suspectIntervalMs: options.paceMs,
    nextLookAt: pace.nextLookAt,
  })
  const checksOf = (role: Role) =>
    createChecks(role, config.healthcheck[role], { clock, log: SILENT, token: undefined })
  observer.setChecks({ master: checksOf('master'), worker: checksOf('worker') }, config.monitorInterval)

  async function term(epoch: number): Promise<void> {
    const ending = createLinked([signal])
    const { renewDeadline } = config.leaderElection
    const watchLease = (): void => {
      if (links.open) return
      schedule.at(links.seenAt + renewDeadline, () => {
        if (clock.now() - links.seenAt >= renewDeadline) ending.abort(new LeaseLostError('fleet: not renewed in time'))
      })
    }
    links.onChange(watchLease)
    leading = true
    try {
      const own = {
        epoch,
        signal: ending.signal,
        renew: async () => {
          links.reach()
          return Number.POSITIVE_INFINITY
        },
      }
      await lead(
        {
          ...{ clock, tell, provider, nodes, nodeApi, repairs, ledger },
          policy: () => policy,
          assembleView: observer.assembleView,
          lookNow: observer.lookNow,
          async refetch(name, asked) {
            nodes.applyWrite(name, await nodeApi.get(name, asked))
            const renewTime = await nodeApi.heartbeat(name, asked)
            if (renewTime !== undefined) heartbeats.applyRead(name, renewTime)
          },
          ledgerHealth: (health) => {
            ledgerHealth = { ...health }
          },
          publish: (view, decision) => {
            options.onDecision(view, decision)
            recorder?.see(view, decision)
          },
          onChange: observer.onChange,
          stopping: signal,
          ownNode: undefined,
          longestSleepMs: LONGEST_SLEEP_MS,
        },
        own,
      )
    } catch (thrown) {
      if (!ending.signal.aborted) throw thrown
    } finally {
      leading = false
      recorder?.end()
      ending.unlink()
    }
  }

  async function elect(): Promise<void> {
    for (let epoch = 1; !signal.aborted; ) {
      if (links.open) await term(epoch++)
      await sleepUnless(clock, config.leaderElection.retryPeriod, [signal])
    }
  }

  await Promise.all([...observer.loops.map(({ run }) => run(signal)), elect()])
}

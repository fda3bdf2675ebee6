import { lead } from '../../../src/controller/nodes/loop.ts'
import { EPOCH_REACH, epochOf } from '../../../src/core/model/fenced.ts'
import type { CheckClock } from '../../../src/core/model/finding.ts'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import { type Heartbeat, type NodeFacts, readyOf } from '../../../src/core/model/node.ts'
import { isOpen, type NodeRepair } from '../../../src/core/model/node-repair.ts'
import type { Policy } from '../../../src/core/model/policy.ts'
import type { Suspicion, TermFacts, View } from '../../../src/core/model/view.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import type { Watched } from '../../../src/core/ports/watched.ts'
import { runElector } from '../../../src/leader/elector.ts'
import { createCopy } from '../../../src/simulator/fleet/copy.ts'
import { check, sight, switches } from '../pure/view.ts'
import { connectLease, connectLedger, connectNodes } from './api.ts'
import type { Judge } from './judge.ts'
import type { Store } from './store.ts'
import type { Life, World } from './world.ts'

export interface ReplicaOptions {
  readonly world: World
  readonly store: Store
  readonly judge: Judge
  readonly life: Life
  readonly provider: CloudProvider
  readonly policy: Policy
  /** Whether the kubelet of this node speaks now. */
  readonly speaks: (node: string) => boolean
  readonly stop: AbortSignal
  readonly failed: (thrown: unknown) => void
}

export const UNHEALTHY_MS = 2_000
const OBSERVE_MS = 5_000
/** Nothing comes but what a store or the cloud tells, and the moments that a round has named. */
const LONGEST_SLEEP_MS = 20_000
const TIMINGS = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 4_000 }
const CHECK = check({ unhealthyDurationMs: UNHEALTHY_MS, healthyDurationMs: 0 })
/** The longest delay of a watch that does not stall. */
const WATCH_MS = 30

/** One process: the elector, the leader's loop and what it sees with. The loop, the records and the elector are heald's own. */
export async function runReplica(options: ReplicaOptions): Promise<void> {
  const { world, store, judge, life, provider, policy, speaks, stop, failed } = options
  const { clock } = life
  const repairs = createCopy<NodeRepair>()
  const nodes = createCopy<NodeFacts>()
  const listeners = new Set<() => void>()
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const instances = new Map<string, InstanceView>()
  const beats = new Map<string, Heartbeat>()
  /** By node: since when it fails, or passes, as this process has seen it. */
  const since = new Map<string, { readonly fails: boolean; readonly at: number }>()
  nodes.onChange((name, facts) => {
    const fails = facts !== undefined && readyOf(facts)?.status !== 'True'
    if (since.get(name)?.fails !== fails) since.set(name, { fails, at: clock.now() })
    changed()
  })
  repairs.onChange(changed)

  let syncing = false
  function follow(): void {
    if (syncing) return
    syncing = true
    const stalledMs = Math.max(0, life.watchStallsUntil - world.now())
    world.at(
      stalledMs + 1 + (store.repair.size % WATCH_MS),
      () => {
        syncing = false
        if (life.watchStallsUntil > world.now()) return follow()
        sync(repairs, store.repair)
        sync(nodes, store.node)
      },
      life,
    )
  }
  store.onWrite(follow)
  follow()

  async function lookNow(name: string, signal: AbortSignal): Promise<void> {
    const facts = nodes.items.get(name)
    if (facts === undefined) return
    try {
      const located = await provider.locate(facts, signal)
      const state = 'found' in located ? await provider.inspect(located.found, signal) : undefined
      instances.set(name, {
        located,
        state,
        plans: state === undefined ? [] : provider.plan(state),
        seenAt: clock.now(),
        saidSince: 0,
      })
    } catch {
      signal.throwIfAborted()
      instances.delete(name)
    }
    changed()
  }

  function suspicionOf(facts: NodeFacts): Suspicion {
    const known = since.get(facts.name) ?? { fails: false, at: clock.now() }
    const status = known.fails ? 'fail' : 'pass'
    const finding = { status, reason: known.fails ? 'NodeNotReady' : 'Ok', seenAt: clock.now() } as const
    const one: CheckClock = {
      check: CHECK,
      finding,
      failingSince: known.fails ? known.at : undefined,
      passingSince: known.fails ? undefined : known.at,
    }
    const two: CheckClock = { ...one, check: { ...CHECK, name: 'Endpoint', plane: 'alert' } }
    return { node: facts.name, clocks: [one, two], witnesses: [], cordonedSince: undefined, localVolumes: [] }
  }

  function assembleView({ timers, unreadable, repairsBehind }: TermFacts): View {
    const now = clock.now()
    const suspicions = new Map<string, Suspicion>()
    const repaired = new Set([...repairs.items.values()].map(({ spec }) => spec.nodeName))
    for (const [name, facts] of nodes.items) {
      if (speaks(name)) beats.set(name, { renewTime: 'x', changedAt: now })
      if (since.get(name)?.fails === true || repaired.has(name)) suspicions.set(name, suspicionOf(facts))
    }
    const skipped = [...nodes.items.values()].filter(({ annotations }) => annotations['heald.dev/paused'] !== undefined)
    return {
      ...{ now, calendar: clock.wall(), nodes: new Map(nodes.items), heartbeats: new Map(beats), suspicions },
      ...{ restless: new Map(), repairs: new Map(repairs.items), instances: new Map(instances) },
      installation: { owner: 'kube-system/heald', others: new Map() },
      ...{ unreadable, missing: [], timers, sight: sight({ repairsBehind }) },
      switches: switches({
        nodes: new Map(skipped.map(({ name }) => [name, { reason: 'a person', until: undefined }])),
      }),
      ...{ controlPlaneSeen: 0, etcdSeen: 0, ownNode: undefined, takerPresent: true },
    }
  }

  async function observe(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const open = [...repairs.items.values()].filter(isOpen).map(({ spec }) => spec.nodeName)
      const failing = [...since].filter(([, { fails }]) => fails).map(([name]) => name)
      for (const name of new Set([...open, ...failing])) await lookNow(name, signal)
      await clock.sleep(OBSERVE_MS, signal)
    }
  }

  const nodeApi = connectNodes(world, store, life)
  const watched = <T>(copy: Omit<Watched<T>, 'seenAt' | 'run'>): Watched<T> => ({
    ...copy,
    seenAt: 0,
    run: async () => undefined,
  })
  const quiet = (): void => undefined
  const leading: Parameters<typeof lead>[0] = {
    ...{ clock, provider, nodeApi, assembleView, lookNow, tell: quiet, policy: () => policy },
    nodes: watched(nodes),
    repairs: watched(repairs),
    ledger: connectLedger(world, store, life),
    async refetch(name, signal) {
      nodes.applyWrite(name, await nodeApi.get(name, signal))
    },
    ...{ ledgerHealth: quiet, publish: quiet, ownNode: undefined, stopping: stop, longestSleepMs: LONGEST_SLEEP_MS },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }

  await runElector(
    {
      leases: [connectLease(world, store, life)],
      identity: life.name,
      ...{ clock, timings: TIMINGS, tell: quiet },
      minimumEpoch: (own) =>
        Math.max(0, ...[...repairs.items.values()].map(epochOf).filter((epoch) => epoch <= own + EPOCH_REACH)),
    },
    async (term, ending) => {
      judge.leads(life, term.epoch)
      const over = new AbortController()
      observe(over.signal).catch((thrown: unknown) => over.signal.aborted || failed(thrown))
      try {
        await lead({ ...leading, stopping: ending }, term)
      } finally {
        over.abort()
      }
    },
    stop,
  )
}

/** A list: what is held newer than it goes back, too. */
function sync<T extends { readonly resourceVersion: string }>(
  copy: ReturnType<typeof createCopy<T>>,
  stored: ReadonlyMap<string, T>,
): void {
  for (const name of [...copy.items.keys()]) if (!stored.has(name)) copy.applyWrite(name, undefined)
  for (const [name, item] of stored) copy.applyWrite(name, item)
}

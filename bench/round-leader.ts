import { setMaxListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { lead } from '../src/controller/nodes/loop.ts'
import type { Heartbeat, NodeFacts } from '../src/core/model/node.ts'
import { ALONE, type NodeRepair } from '../src/core/model/node-repair.ts'
import type { Policy } from '../src/core/model/policy.ts'
import type { Clock } from '../src/core/ports/clock.ts'
import type { CloudProvider } from '../src/core/ports/cloud-provider.ts'
import type { Ledger } from '../src/core/ports/ledger.ts'
import type { NodeApi } from '../src/core/ports/node-api.ts'
import type { Heartbeats, Watched } from '../src/core/ports/watched.ts'
import { createChecks } from '../src/healthcheck/registry.ts'
import { createObserver } from '../src/observer/observer.ts'
import { CALENDAR, instance, NOW, switches } from '../test/support/pure/view.ts'

/** How often the observer looks about. */
const TICK_MS = 250

export interface RoundCluster {
  readonly nodes: readonly NodeFacts[]
  readonly repairs: readonly NodeRepair[]
  readonly policy: Policy
}

/** The real observer and the real leader over stores in memory, and a clock that moves when it is told to. */
export interface RoundLeader {
  /** These fall silent now, and then so much time passes. */
  breakNodes(names: readonly string[], ms: number): Promise<void>
  /** Until the cloud has been asked about every suspect. */
  lookedAtAll(suspects: number): Promise<void>
  /** A second passes in which the observer looks about; then `measure` runs the leader's next round, from its waking to its sleep. */
  round(measure: (job: () => Promise<void>) => Promise<number>): Promise<number>
  stop(): Promise<void>
}

/** Starts both; the leader has taken over once this resolves. */
export async function startRoundLeader(cluster: RoundCluster): Promise<RoundLeader> {
  let now = NOW
  const [eyes, leader] = [createHandClock(() => now), createHandClock(() => now)]
  const end = new AbortController()
  setMaxListeners(0, end.signal)
  const stopping = new AbortController()
  const nodes = createStore(() => now, cluster.nodes)
  const repairs = createStore(() => now, cluster.repairs)
  const beats = new Map<string, Heartbeat>()
  for (const { name } of cluster.nodes) beats.set(name, { renewTime: '', changedAt: now })
  const silent = new Set<string>()
  const listeners: (() => void)[] = []
  const heartbeats: Heartbeats = {
    items: beats,
    get seenAt() {
      return now
    },
    onChange: (listener) => void listeners.push(listener),
    applyRead: () => undefined,
    run: async () => undefined,
  }
  let nextBeat = now
  let looks = 0
  const tell = (): void => undefined
  const log = { debug: tell, info: tell, warn: tell, error: tell }
  const observer = createObserver({
    ...{ clock: eyes.clock, log, tell, nodes, repairs, heartbeats },
    unreadable: () => new Map(),
    provider: cloud(() => void looks++),
    policy: () => cluster.policy,
    switches: () => switches(),
    calendar: () => CALENDAR + (now - NOW),
    skewMs: () => 0,
    probe: async () => ({ status: 'fail', reason: 'Timeout', seenAt: now }),
    localVolumes: async () => [],
    leadership: { leading: () => true, renewalsFine: () => true, takerPresent: () => true },
    ledger: () => ({ usable: true, reason: '' }),
    ownNode: undefined,
    installation: ALONE,
    suspectIntervalMs: 5_000,
  })
  const checks = createChecks('worker', [{ type: 'NodeCondition' }], { clock: eyes.clock, log, token: undefined })
  observer.setChecks({ master: [], worker: checks }, 30_000)
  const watching = Promise.all(observer.loops.map((loop) => loop.run(end.signal)))
  let decided = 0
  const leading = lead(
    {
      ...{ clock: leader.clock, tell, nodes, repairs, nodeApi: NO_NODE_API, ledger: ledgerOf(repairs) },
      provider: cloud(() => undefined),
      policy: () => cluster.policy,
      assembleView: observer.assembleView,
      lookNow: observer.lookNow,
      refetch: async () => undefined,
      ledgerHealth: () => undefined,
      publish: () => void decided++,
      onChange: observer.onChange,
      stopping: stopping.signal,
      ownNode: undefined,
    },
    { epoch: 2, signal: end.signal, renew: async () => Number.POSITIVE_INFINITY },
  )

  const pass = async (ms: number): Promise<void> => {
    now += ms
    eyes.wake()
    await turn()
    if (now < nextBeat) return
    nextBeat = now + 5_000
    for (const [name, { renewTime }] of beats) if (!silent.has(name)) beats.set(name, { renewTime, changedAt: now })
    for (const listener of listeners) listener()
  }
  return {
    async breakNodes(names, ms) {
      for (const name of names) {
        const facts = nodes.items.get(name)
        if (facts === undefined) continue
        silent.add(name)
        nodes.applyWrite(name, {
          ...facts,
          conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }],
        })
      }
      await pass(ms)
    },
    async lookedAtAll(suspects) {
      for (looks = 0; looks < suspects; ) await pass(TICK_MS)
    },
    async round(measure) {
      for (let tick = 0; tick < 4; tick++) await pass(TICK_MS)
      const before = decided
      let result = 0
      while (decided === before) {
        result = await measure(async () => {
          leader.wake()
          await leader.sleeping()
        })
      }
      return result
    },
    async stop() {
      stopping.abort()
      end.abort()
      await Promise.allSettled([leading, watching])
    },
  }
}

/** Sleeps end when they are told to, whatever time it is. */
function createHandClock(now: () => number): { clock: Clock; wake(): void; sleeping(): Promise<void> } {
  let sleepers: (() => void)[] = []
  let asleep: (() => void) | undefined
  return {
    clock: {
      now,
      wall: now,
      sleep: (_ms, signal) =>
        new Promise((resolve, reject) => {
          const stop = (): void => reject(signal.reason)
          signal.addEventListener('abort', stop, { once: true })
          sleepers.push(() => {
            signal.removeEventListener('abort', stop)
            resolve()
          })
          asleep?.()
        }),
    },
    wake() {
      const due = sleepers
      sleepers = []
      for (const resolve of due) resolve()
    },
    sleeping: () =>
      new Promise((resolve) => {
        if (sleepers.length > 0) resolve()
        else asleep = resolve
      }),
  }
}

function createStore<T extends { readonly name: string }>(now: () => number, all: readonly T[]): Watched<T> {
  const items = new Map(all.map((item) => [item.name, item]))
  const listeners: Parameters<Watched<T>['onChange']>[0][] = []
  return {
    items,
    get seenAt() {
      return now()
    },
    onChange: (listener) => void listeners.push(listener),
    applyWrite(name, item) {
      const before = items.get(name)
      if (item === undefined) items.delete(name)
      else items.set(name, item)
      for (const listener of listeners) listener(name, item, before)
    },
    run: async () => undefined,
  }
}

/** Every machine runs, and knows nothing of its node's silence. */
function cloud(onLook: () => void): CloudProvider {
  const never = (): never => {
    throw new Error('bench: nothing is to be done')
  }
  const { plans } = instance('any')
  return {
    name: 'bench',
    async locate({ name }) {
      onLook()
      return { found: { id: `machine-${name}`, name } }
    },
    inspect: async (ref) => ({ ref, power: 'running', provenStopped: false }),
    plan: () => plans,
    ...{ step: never, recover: never, abandon: never },
  }
}

function ledgerOf({ items }: Watched<NodeRepair>): Ledger {
  const refuse = async (): Promise<never> => {
    throw new Error('bench: no repair is to be opened or removed')
  }
  return {
    list: async () => ({ objects: [...items.values()], unreadable: [] }),
    get: async (name) => items.get(name),
    writeStatus: async (repair, status) => ({ ...repair, status }),
    probe: async () => ({ usable: true, reason: '' }),
    ...{ create: refuse, setFinalizer: refuse, delete: async () => undefined },
  }
}

const refused = async (): Promise<never> => {
  throw new Error('bench: no Node is to be touched')
}
const NO_NODE_API: NodeApi = {
  ...{ get: refused, heartbeat: refused, mark: refused, unmark: refused, dropRequest: refused },
  ...{ delete: refused, drainPass: refused, localVolumes: refused },
}

import type { NodeFacts } from '../../../src/core/model/node.ts'
import { DEFAULT_OWNER, type NodeRepair, REPAIR_FINALIZER } from '../../../src/core/model/node-repair.ts'
import { type Ledger, LedgerConflictError } from '../../../src/core/ports/ledger.ts'
import type { NodeApi } from '../../../src/core/ports/node-api.ts'
import type { LeaseApi, LeaseFields, LeaseRecord } from '../../../src/kube/lease.ts'
import { markPatch, type NodePatch, unmarkPatch } from '../../../src/kube/node/marks.ts'
import { microTime } from '../../../src/lib/pure/rfc3339.ts'
import type { Store } from './store.ts'
import type { Life, World } from './world.ts'

export const LEASE = 'heald'
const ANSWER_MS = 6_000

const late = { ms: ANSWER_MS, error: () => new Error('no answer') }

/** The election Lease as one process reaches it. The elector ends a request that takes too long by itself. */
export function connectLease(world: World, store: Store, life: Life): LeaseApi {
  const put = (fields: LeaseFields): LeaseRecord =>
    store.put('lease', LEASE, {
      holder: fields.holder,
      transitions: fields.transitions,
      renewTime: microTime(fields.renewedAt),
      acquireTime: microTime(fields.acquiredAt),
      leaseDurationSeconds: fields.leaseDurationSeconds,
      ...{ resourceVersion: '', metadata: {} },
    })
  return {
    name: LEASE,
    get: (signal) => world.call(life, { what: 'GET lease', apply: () => store.lease.get(LEASE) }, signal),
    create: (fields, signal) =>
      world.call(
        life,
        { what: 'POST lease', apply: () => (store.lease.has(LEASE) ? 'conflict' : put(fields)) },
        signal,
      ),
    update(fields, { resourceVersion }, signal) {
      const apply = (): LeaseRecord | 'conflict' | 'gone' => {
        const held = store.lease.get(LEASE)
        if (held === undefined) return 'gone'
        return held.resourceVersion === resourceVersion ? put(fields) : 'conflict'
      }
      return world.call(life, { what: 'PUT lease', apply }, signal)
    },
  }
}

/** The ledger of repairs as one process reaches it. */
export function connectLedger(world: World, store: Store, life: Life): Ledger {
  const ask = <T>(what: string, apply: () => T, signal: AbortSignal): Promise<T> =>
    world.call(life, { what, apply, late }, signal)
  return {
    list: (signal) => ask('LIST repairs', () => ({ objects: [...store.repair.values()], unreadable: [] }), signal),
    get: (name, signal) => ask('GET repair', () => store.repair.get(name), signal),
    create(name, spec, signal) {
      const apply = (): NodeRepair => {
        if (store.repair.has(name)) throw new LedgerConflictError(`${name}: exists`)
        const empty = { deleting: false, finalizers: [], annotations: {}, status: undefined, resourceVersion: '' }
        return store.put('repair', name, {
          name,
          uid: `${name} ${world.now()}`,
          createdAt: life.clock.wall(),
          spec,
          ...empty,
        })
      }
      return ask('POST repair', apply, signal)
    },
    writeStatus: (repair, status, signal) =>
      ask(
        'PUT status',
        () => {
          store.at('repair', repair.name, repair)
          return store.putStatus(repair, status)
        },
        signal,
      ),
    setFinalizer(repair, present, signal) {
      const apply = (): NodeRepair | undefined => {
        const held = store.at('repair', repair.name, repair)
        if (held.finalizers.length > 0 === present) return held
        return settle(store, { ...held, finalizers: present ? [REPAIR_FINALIZER] : [] })
      }
      return ask('PATCH repair', apply, signal)
    },
    delete: ({ name, uid }, signal) =>
      ask(
        'DELETE repair',
        () => {
          const held = store.repair.get(name)
          if (held?.uid === uid) settle(store, { ...held, deleting: true })
        },
        signal,
      ),
    // Tried on a real API server elsewhere.
    probe: async () => ({ usable: true, reason: '' }),
  }
}

/** Gone once it is to go and nobody holds it. */
export function settle(store: Store, repair: NodeRepair): NodeRepair | undefined {
  const stored = store.put('repair', repair.name, repair)
  if (!repair.deleting || repair.finalizers.length > 0) return stored
  store.remove('repair', repair.name)
  return undefined
}

/** The Nodes as one process reaches them. */
export function connectNodes(world: World, store: Store, life: Life): NodeApi {
  const ask = <T>(what: string, apply: () => T, signal: AbortSignal): Promise<T> =>
    world.call(life, { what, apply, late }, signal)
  function patch(facts: NodeFacts, change: NodePatch | undefined, signal: AbortSignal): Promise<NodeFacts> {
    if (change === undefined) return Promise.resolve(facts)
    const apply = (): NodeFacts => {
      const held = store.at('node', facts.name, facts)
      const annotations = Object.entries({ ...held.annotations, ...change.annotations })
      return store.put('node', facts.name, {
        ...held,
        annotations: Object.fromEntries(annotations.filter((entry): entry is [string, string] => entry[1] !== null)),
        unschedulable: change.unschedulable === undefined ? held.unschedulable : change.unschedulable === true,
      })
    }
    return ask('PATCH node', apply, signal)
  }
  return {
    get: (name, signal) => ask('GET node', () => store.node.get(name), signal),
    heartbeat: async () => 'x',
    dropRequest: async (facts) => facts,
    mark: (facts, repair, { cordon }, signal) =>
      patch(facts, markPatch(facts, { owner: DEFAULT_OWNER, repair }, cordon), signal),
    unmark: (facts, { keepCordon }, signal) => patch(facts, unmarkPatch(facts, keepCordon), signal),
    delete: (name, uid, signal) =>
      ask(
        'DELETE node',
        () => {
          if (store.node.get(name)?.uid === uid) store.remove('node', name)
        },
        signal,
      ),
    drainPass: async () => ({ left: 0, blocked: [] }),
    localVolumes: async () => [],
  }
}

import { createRecords } from '../../../src/controller/fenced-records.ts'
import { runRound } from '../../../src/controller/nodes/round.ts'
import { createSlots } from '../../../src/controller/nodes/slots.ts'
import type { TermContext } from '../../../src/controller/nodes/term-context.ts'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { type NodeRepair, REPAIR_FINALIZER } from '../../../src/core/model/node-repair.ts'
import { refsOf } from '../../../src/core/model/object-ref.ts'
import type { View } from '../../../src/core/model/view.ts'
import { type Ledger, LedgerConflictError } from '../../../src/core/ports/ledger.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import type { NodeApi } from '../../../src/core/ports/node-api.ts'
import { watched } from '../controller/term-context.ts'
import { READY } from '../pure/scene.ts'
import { DAY, failing, MINUTE, policy, repair, rung, SECOND, suspicion, view, witness } from '../pure/view.ts'
import type { Stage } from './openstack-drive.ts'
import type { FakeServer } from './openstack-nova.ts'

const never = new AbortController().signal
/** Every request that changes something: a leader can die before or after each of them. */
export type OnCall = (what: string, when: 'before' | 'after') => void

/** What outlives a leader: the API server with its repairs and Nodes, and the cloud. Kubelets of new servers join by themselves. */
export class Fleet {
  readonly stage: Stage
  readonly repairs = new Map<string, NodeRepair>()
  readonly nodes = new Map<string, NodeFacts>()
  readonly broken = new Set<string>()
  readonly paused = new Set<string>()
  more: Partial<View> = {}
  /** Whether repairs may be opened. */
  opens = false

  constructor(stage: Stage) {
    this.stage = stage
    this.#join(DAY)
  }

  /** Broken for good, with a repair that has not tried anything yet, or with none. */
  break(server: FakeServer, phase: 'Pending' | 'Verifying' | 'none' = 'Pending'): void {
    const name = `${server.name}-1`
    const { id } = server
    const now = this.stage.clock.now()
    const spec = { instance: { id, name: server.name, group: 'default-worker' }, nodeUID: id }
    if (phase !== 'none')
      this.repairs.set(name, repair(server.name, { phase, nodeUID: id }, { name, uid: id, createdAt: now, spec }))
    this.broken.add(server.name)
    this.nodes.set(server.name, { ...this.#node(server, DAY), conditions: [{ type: 'Ready', status: 'False' }] })
  }

  tick(): Promise<void> {
    return this.stage.clock.sleep(1_000).then(() => this.#join(0))
  }

  view(looks: ReadonlyMap<string, InstanceView>): Omit<View, 'timers'> {
    const now = this.stage.clock.now()
    const silent = [witness('lease', 'Silent', 'fail', now), witness('probe', 'Unreachable', 'fail', now)]
    const clocks = [failing(10 * MINUTE, { healthyDurationMs: 0, unhealthyDurationMs: 3_000 }, now)]
    const sick = [...this.broken].filter((name) => this.nodes.has(name))
    const heartbeats = [...this.nodes.keys()].map((name) => {
      return [name, { renewTime: 'x', changedAt: now - (this.broken.has(name) ? 5 * MINUTE : SECOND) }] as const
    })
    return view({
      nodes: [...this.nodes.values()],
      suspicions: sick.map((name) => suspicion(name, clocks, { witnesses: silent })),
      repairs: [...this.repairs.values()],
      instances: Object.fromEntries(looks),
      switches: { nodes: new Map([...this.paused].map((name) => [name, { reason: 'true', until: undefined }])) },
      rest: { now, calendar: now, heartbeats: new Map(heartbeats), ...this.more },
    })
  }

  #join(age: number): void {
    for (const server of this.stage.cloud.servers('node')) {
      if (!this.nodes.has(server.name)) this.nodes.set(server.name, this.#node(server, age))
    }
  }

  #node(server: FakeServer, age: number): NodeFacts {
    const createdAt = this.stage.clock.now() - age
    return { ...this.stage.cloud.node(server), uid: server.id, createdAt, conditions: [READY] }
  }
}

export interface Leader {
  readonly notices: readonly Notice[]
  readonly context: TermContext
  /** Looks at everything and does what is next, to its end. */
  round(): Promise<void>
  /** Nothing of it reaches anybody any more. */
  kill(): void
}

/** The real controller over the OpenStack provider, for the workers of one cluster. */
export function startLeader(fleet: Fleet, epoch = 1, onCall: OnCall = () => undefined): Leader {
  const { stage, repairs, nodes } = fleet
  const { clock } = stage
  const end = new AbortController()
  const notices: Notice[] = []
  const looks = new Map<string, InstanceView>()
  const provider = stage.provider()
  const slots = createSlots()
  const call = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
    end.signal.throwIfAborted()
    onCall(what, 'before')
    end.signal.throwIfAborted()
    const result = await run()
    onCall(what, 'after')
    end.signal.throwIfAborted()
    return result
  }
  const store = (name: string, seen: NodeRepair, change: Partial<NodeRepair>): NodeRepair => {
    const before = repairs.get(name)
    if (before === undefined || before.resourceVersion !== seen.resourceVersion) throw new LedgerConflictError(name)
    const stored = { ...before, ...change, resourceVersion: String(Number(before.resourceVersion) + 1) }
    repairs.set(name, JSON.parse(JSON.stringify(stored)) as NodeRepair)
    return repairs.get(name) as NodeRepair
  }
  const ledger: Ledger = {
    list: async () => ({ objects: [...repairs.values()], unreadable: [] }),
    get: async (name) => repairs.get(name),
    async create(name, spec) {
      if (!fleet.opens) throw new Error('no repair opens in this test')
      const [uid, createdAt] = [spec.nodeUID, clock.now()]
      repairs.set(name, repair(spec.nodeName, undefined, { name, uid, createdAt, spec }))
      return repairs.get(name) as NodeRepair
    },
    writeStatus: (seen, status) =>
      call(`status ${seen.spec.nodeName} ${status.phase} ${status.attempts.at(-1)?.state ?? ''}`, async () =>
        store(seen.name, seen, { status }),
      ),
    setFinalizer: (seen, present) =>
      call(`finalizer ${seen.spec.nodeName}`, async () =>
        store(seen.name, seen, { finalizers: present ? [REPAIR_FINALIZER] : [] }),
      ),
    delete: async () => undefined,
    probe: async () => ({ usable: true, reason: '' }),
  }
  const marked = (facts: NodeFacts, annotations: NodeFacts['annotations']): NodeFacts => {
    const next = { ...(nodes.get(facts.name) ?? facts), annotations }
    nodes.set(facts.name, next)
    return next
  }
  const nodeApi: NodeApi = {
    get: async (name) => nodes.get(name),
    heartbeat: async () => 'x',
    mark: (facts, name, { cordon }) =>
      call(`mark ${facts.name}`, async () =>
        marked(facts, { 'heald.dev/marks': JSON.stringify({ repair: name, cordon, scaleDownDisabled: true }) }),
      ),
    unmark: async (facts) => marked(facts, {}),
    dropRequest: async (facts) => marked(facts, {}),
    delete: (name) => call(`delete ${name}`, async () => void nodes.delete(name)),
    drainPass: async () => ({ left: 0, blocked: [] }),
    localVolumes: async () => [],
  }
  const lookAgain = async (name: string): Promise<void> => {
    const node = nodes.get(name)
    if (node === undefined) return void looks.delete(name)
    const located = await provider.locate(node, never)
    const state = 'found' in located ? await provider.inspect(located.found, never) : undefined
    looks.set(name, {
      located,
      state,
      plans: state === undefined ? [] : provider.plan(state),
      seenAt: clock.now(),
    })
  }
  const seen = (): View => ({ ...fleet.view(looks), timers: slots.timers() })
  const ladder = [rung('replace', { drainMs: 0, soakMs: 3_000 })]
  const rules = policy({
    roles: { master: { enabled: true, ladder: [] }, worker: { enabled: true, ladder } },
    inFlight: { pool: { percent: 100, min: 9 }, masters: 1 },
    correlated: { windowMs: 0, minSuspects: 9 },
    breaker: { poolPercent: 100, clusterPercent: 100, smallPool: 9 },
    rate: { perNode: 99, perNodeWindowMs: DAY, perHour: 99, perDay: 99 },
  })
  const tell = (notice: Notice): void => void notices.push(notice)
  const context: TermContext = {
    ...{ clock, tell, nodeApi, slots, lookAgain, view: seen },
    nodes: watched(nodes),
    term: { epoch, signal: end.signal, renew: () => call('renew', async () => Number.POSITIVE_INFINITY) },
    provider: {
      ...provider,
      step: (orders, cursor, signal) =>
        call(`step ${orders.length}`, () => provider.step(orders, parse(cursor), signal)),
      abandon: (orders, cursor, signal) => call('abandon', () => provider.abandon(orders, cursor, signal)),
    },
    records: createRecords({ store: ledger, watched: watched(repairs), regarding: refsOf, tell }, () => epoch),
    policy: () => rules,
  }
  const options = { publish: () => undefined, wake: () => undefined, virtual: new Map() }
  return {
    notices,
    context,
    kill: () => end.abort(new Error('killed')),
    async round() {
      for (const name of nodes.keys()) await lookAgain(name)
      await runRound(context, options, true, 1_000)
      await slots.settled()
      await fleet.tick()
    },
  }
}

/** As it comes back from the API server. */
function parse<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T)
}

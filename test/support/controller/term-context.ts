import { createRecords } from '../../../src/controller/fenced-records.ts'
import { createSlots } from '../../../src/controller/nodes/slots.ts'
import type { TermContext } from '../../../src/controller/nodes/term-context.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { type NodeRepair, REPAIR_FINALIZER } from '../../../src/core/model/node-repair.ts'
import { refsOf } from '../../../src/core/model/object-ref.ts'
import type { View } from '../../../src/core/model/view.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { type Ledger, LedgerConflictError } from '../../../src/core/ports/ledger.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import type { NodeApi } from '../../../src/core/ports/node-api.ts'
import type { Watched } from '../../../src/core/ports/watched.ts'
import { type Scene, viewOf } from '../pure/scene.ts'
import { policy } from '../pure/view.ts'

export interface Bench {
  readonly context: TermContext
  /** Everything that left the controller, in its order, e.g. `renew`, `step undefined`, `status Acting`, `mark`. */
  readonly sent: readonly string[]
  readonly notices: readonly Notice[]
  stored(): NodeRepair
  /** The next write of a status is refused. */
  refuseOnce(): void
  /** What the second look finds. */
  change(scene: Scene): void
}

/** A leader's TermContext over stores in memory and a cloud of the test's own, around one repair of one scene. */
export function createBench(scene: Scene & { readonly repair: NodeRepair }, cloud: Partial<CloudProvider> = {}): Bench {
  const sent: string[] = []
  const notices: Notice[] = []
  let picture = viewOf(scene)
  let refusals = 0
  const repairs = watched<NodeRepair>(new Map([[scene.repair.name, scene.repair]]))
  const nodes = watched<NodeFacts>(new Map(picture.nodes))
  const stored = (): NodeRepair => repairs.items.get(scene.repair.name) ?? scene.repair
  const bumped = (change: Partial<NodeRepair>): NodeRepair => {
    const before = stored()
    return { ...before, ...change, resourceVersion: String(Number(before.resourceVersion) + 1) }
  }
  const ledger: Ledger = {
    list: async () => ({ objects: [...repairs.items.values()], unreadable: [] }),
    get: async (name) => repairs.items.get(name),
    create: async () => stored(),
    async writeStatus(_, status) {
      const refused = refusals > 0
      if (refused) refusals -= 1
      sent.push(`status ${status.phase} ${status.attempts.at(-1)?.state ?? ''}${refused ? ' refused' : ''}`.trim())
      if (refused) throw new LedgerConflictError('refused')
      return bumped({ status })
    },
    async setFinalizer(_, present) {
      sent.push(`finalizer ${present}`)
      return bumped({ finalizers: present ? [REPAIR_FINALIZER] : [] })
    },
    delete: async () => undefined,
    probe: async () => ({ usable: true, reason: '' }),
  }
  const tell = (notice: Notice): void => void notices.push(notice)
  const clock = { now: () => picture.now, wall: () => 0, sleep: async () => undefined }
  const { signal } = new AbortController()
  const slots = createSlots()
  const view = (): View => ({ ...picture, nodes: nodes.items, repairs: repairs.items, timers: slots.timers() })
  const nothing = async (): Promise<never> => {
    throw new Error('not asked for in this test')
  }
  const nodeApi: NodeApi = {
    get: nothing,
    heartbeat: nothing,
    async mark(facts, repair, { cordon }) {
      sent.push(`mark${cordon ? ' cordon' : ''}`)
      return {
        ...facts,
        annotations: { 'heald.dev/marks': JSON.stringify({ repair, cordon, scaleDownDisabled: true }) },
      }
    },
    async unmark(facts, { keepCordon }) {
      sent.push(keepCordon ? 'unmark, keep the cordon' : 'unmark')
      return { ...facts, annotations: {} }
    },
    async dropRequest(facts) {
      sent.push('drop request')
      return { ...facts, annotations: {} }
    },
    delete: nothing,
    drainPass: nothing,
    localVolumes: nothing,
  }
  const provider: CloudProvider = {
    name: 'bench',
    locate: nothing,
    inspect: nothing,
    plan: () => [],
    step: nothing,
    recover: nothing,
    abandon: nothing,
    ...cloud,
  }
  const noted = (what: 'step' | 'recover' | 'abandon'): CloudProvider['step'] => {
    return (orders, cursor, inner) => {
      sent.push(`${what} ${JSON.stringify(cursor)}`)
      return provider[what](orders, cursor, inner)
    }
  }
  const context: TermContext = {
    ...{ clock, tell, nodes, nodeApi, slots, view },
    term: {
      epoch: 7,
      signal,
      renew: async () => {
        sent.push('renew')
        return Number.POSITIVE_INFINITY
      },
    },
    provider: { ...provider, step: noted('step'), recover: noted('recover'), abandon: noted('abandon') },
    records: createRecords({ store: ledger, watched: repairs, regarding: refsOf, tell }, () => 7),
    policy: () => policy(scene.policy),
    lookAgain: async () => void sent.push('look'),
  }
  return {
    context,
    sent,
    notices,
    stored,
    refuseOnce: () => {
      refusals += 1
    },
    change: (next) => {
      picture = viewOf({ repair: scene.repair, ...next })
      nodes.applyWrite('w0', picture.nodes.get('w0'))
    },
  }
}

/** A store in memory as the controller watches one. */
export function watched<T>(items: Map<string, T>): Watched<T> {
  return {
    items,
    seenAt: 0,
    onChange: () => undefined,
    applyWrite: (key, item) => void (item === undefined ? items.delete(key) : items.set(key, item)),
    run: async () => undefined,
  }
}

import { setMaxListeners } from 'node:events'
import { PAUSED_ANNOTATION } from '../../../src/core/annotations/pause.ts'
import type { NodeFacts } from '../../../src/core/model/node.ts'
import { FINISHED_PHASES, phaseOf } from '../../../src/core/model/node-repair.ts'
import { node, policy, rung } from '../pure/view.ts'
import { LEASE, settle } from './api.ts'
import { createCloud } from './cloud.ts'
import { createJudge, type Judge } from './judge.ts'
import { runReplica } from './replica.ts'
import type { Harm, HarmKind, Schedule } from './schedule.ts'
import { createStore } from './store.ts'
import { createWorld, type Life } from './world.ts'

export interface Played {
  /** Rules that were broken, with their moments. */
  readonly faults: readonly string[]
  readonly acts: Judge['acts']
  readonly calls: readonly number[]
  readonly met: ReadonlySet<Harm>
  /** Equal for schedules in which the same requests left and arrived in the same order. */
  readonly way: number
  readonly endedAt: number
}

/** Over at once. */
const MOMENTS: ReadonlySet<HarmKind> = new Set([
  'lost',
  'answer lost',
  'told to stop',
  'lease deleted',
  'lease touched',
  'etcd restored',
  'repair withdrawn',
])

const NODES = ['w0', 'w1', 'w2']
const BROKEN = 'w0'
/** Longer than any harm, and time enough for a successor to end the repair. */
const LONGEST_MS = 600_000
/** After the end nobody may do anything any more: for so long that is looked at. */
const AFTER_MS = 5_000

/** Two replicas and one broken node, until it is repaired and everybody is awake again. */
export async function play(schedule: Schedule, trace?: (line: string) => void): Promise<Played> {
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const world = createWorld(schedule, (harm, life) => inflict(harm, life), trace)
  const store = createStore(world.now)
  const judge = createJudge(world.now, store)
  const cloud = createCloud(world, judge, NODES, ({ id, name, boots }, by) => {
    if (by === schedule.rung) writeNode(name, { uid: `uid-${id}`, bootID: `boot-${boots}`, ready: true })
  })
  const short = { deadlineMs: 60_000, verifyMs: 60_000, soakMs: 1_000, drainMs: 0 }
  const ladder = [rung(schedule.rung, short)]
  const rules = policy({
    roles: { master: { enabled: true, ladder }, worker: { enabled: true, ladder } },
    checkDelayAfterAddMs: 0,
  })
  const stops = new Map<Life, AbortController>()
  let failure: unknown
  let lastHarmAt = 0
  let skippedUntil = 0

  function writeNode(name: string, { uid, bootID, ready }: { uid?: string; bootID?: string; ready: boolean }): void {
    const held: NodeFacts = store.node.get(name) ?? node(name)
    const conditions = [{ type: 'Ready', status: ready ? ('True' as const) : ('False' as const) }]
    store.put('node', name, { ...held, uid: uid ?? held.uid, bootID: bootID ?? held.bootID, conditions })
  }

  function start(who: number): void {
    const life = world.begin(who)
    const stop = new AbortController()
    stops.set(life, stop)
    runReplica({
      ...{ world, store, judge, life, policy: rules, stop: stop.signal },
      provider: cloud.connect(life),
      speaks: (name) => isUp(name),
      failed: (thrown) => {
        failure ??= thrown
      },
    }).then(
      () => {
        life.alive = false
        if (!over.signal.aborted) world.at(1_000, () => start(who))
      },
      (thrown: unknown) => {
        failure ??= thrown
      },
    )
  }

  function inflict({ what, ms }: Harm, life: Life): void {
    lastHarmAt = Math.max(lastHarmAt, world.now() + (MOMENTS.has(what) ? 0 : ms))
    if (what === 'killed before it' || what === 'killed after it') world.at(ms, () => start(life.who))
    if (what === 'told to stop') stops.get(life)?.abort(new Error('SIGTERM'))
    if (what === 'lease deleted') store.remove('lease', LEASE)
    const lease = store.lease.get(LEASE)
    if (what === 'lease touched' && lease !== undefined) store.put('lease', LEASE, lease)
    if (what === 'etcd restored') {
      store.restore(world.now() - ms)
      // Kubelets say again how they are, and people what they want.
      world.at(1_000, () => {
        if (world.now() >= skippedUntil) annotate(undefined)
        for (const name of NODES) writeNode(name, { ready: wellNow(name) })
      })
    }
    if (what === 'repair withdrawn') {
      for (const repair of store.repair.values()) settle(store, { ...repair, deleting: true })
    }
    if (what === 'node paused') {
      skippedUntil = world.now() + ms
      annotate('true')
      world.at(ms, () => world.now() < skippedUntil || annotate(undefined))
    }
  }

  function annotate(paused: string | undefined): void {
    const held = store.node.get(BROKEN)
    if (held === undefined) return
    const { [PAUSED_ANNOTATION]: _, ...rest } = held.annotations
    const annotations = paused === undefined ? rest : { ...rest, [PAUSED_ANNOTATION]: paused }
    store.put('node', BROKEN, { ...held, annotations })
  }

  const isUp = (name: string): boolean => {
    const machine = cloud.machine(name)
    return machine?.power === 'running' && !machine.busy
  }
  const bootOf = (name: string): number => cloud.machine(name)?.boots ?? 0
  const wellNow = (name: string): boolean =>
    name !== BROKEN || (schedule.rung === 'replace' ? cloud.machine(name)?.id !== `m-${name}-1` : bootOf(name) > 1)

  /** The node is well, its repair over, and nothing of heald's left on it; or a person is asked. */
  function isDone(): boolean {
    const facts = store.node.get(BROKEN)
    const repairs = [...store.repair.values()]
    if (repairs.some((repair) => phaseOf(repair) === 'Parked')) return true
    return (
      wellNow(BROKEN) &&
      repairs.every((repair) => FINISHED_PHASES.includes(phaseOf(repair))) &&
      facts?.unschedulable === false &&
      facts.annotations['heald.dev/marks'] === undefined
    )
  }

  for (const name of NODES) writeNode(name, { uid: `uid-m-${name}-1`, bootID: 'boot-1', ready: name !== BROKEN })
  for (const who of schedule.rates.keys()) start(who)
  let doneAt = Infinity
  await world.run(LONGEST_MS, () => {
    if (failure !== undefined) return true
    if (!isDone()) doneAt = Infinity
    else if (doneAt === Infinity) doneAt = world.now()
    return world.now() > Math.max(doneAt, lastHarmAt) + AFTER_MS
  })
  over.abort()
  if (failure !== undefined) throw failure
  const lost = isDone()
    ? []
    : [`lost: ${[...store.repair.values()].map((one) => `${one.name} ${phaseOf(one)}`).join(', ') || 'no repair'}`]
  return {
    faults: [...judge.faults, ...lost],
    acts: judge.acts,
    calls: world.calls,
    met: world.met,
    way: world.way,
    endedAt: world.now(),
  }
}

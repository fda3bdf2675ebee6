import fc from 'fast-check'
import t from 'tap'
import { LeaseLostError } from '../../src/core/ports/term.ts'
import { runElector } from '../../src/leader/elector.ts'
import type { Lead } from '../../src/leader/options.ts'
import {
  createProcess,
  createWorld,
  type Hop,
  LeaseStore,
  type Process,
  type World,
} from '../support/election/election.ts'

interface Act {
  readonly at: number
  readonly by: string
  readonly epoch: number
  /** Who holds the Lease at the API server at this very moment. */
  readonly holder: string | undefined
}

/** Renews, and acts in the same instant: what is left between the fence and the act is at most one late call. */
function worker(world: World, store: LeaseStore, process: Process, acts: Act[]): Lead {
  return async (term, ending) => {
    const { signal } = new AbortController()
    while (!ending.aborted) {
      try {
        await term.renew(signal)
        acts.push({ at: world.now(), by: process.name, epoch: term.epoch, holder: store.stored?.holder })
        await process.clock.sleep(700, term.signal)
      } catch (thrown) {
        if (thrown instanceof LeaseLostError) return
        await process.clock.sleep(300, signal)
      }
    }
  }
}

const CHAOS_FROM = 10_000
const CHAOS_TO = 130_000
const moment = fc.integer({ min: CHAOS_FROM, max: CHAOS_TO })
const span = fc.oneof(fc.integer({ min: 1, max: 4_000 }), fc.integer({ min: 5_000, max: 40_000 }))
const hop: fc.Arbitrary<Hop> = fc.record(
  {
    toMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 12_000 })),
    backMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 12_000 })),
    lose: fc.constantFrom('request' as const, 'answer' as const),
  },
  { requiredKeys: ['toMs', 'backMs'] },
)
const harm = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('freeze' as const), who: fc.nat(2), at: moment, ms: span }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), who: fc.nat(2), at: moment, ms: span }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('errors' as const), who: fc.nat(2), at: moment, ms: span }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), who: fc.nat(1), at: moment, ms: span }) },
)
const upset = fc.record({ at: moment, delete: fc.boolean() })
const drift = fc.record({
  offset: fc.integer({ min: 0, max: 1e9 }),
  rate: fc.double({ min: 0.98, max: 1.02, noNaN: true }),
})

interface Story {
  readonly drifts: readonly { offset: number; rate: number }[]
  readonly harms: readonly { kind: 'freeze' | 'cut' | 'errors' | 'stop'; who: number; at: number; ms: number }[]
  readonly hops: readonly Hop[]
  readonly upsets: readonly { at: number; delete: boolean }[]
}

async function play(story: Story): Promise<{ acts: Act[]; endsWithLeader: boolean }> {
  const world = createWorld()
  const store = new LeaseStore()
  const acts: Act[] = []
  const { signal } = new AbortController()
  const processes = story.drifts.map((d, i) => createProcess(world, `p${i}`, d))
  const stops = processes.map(() => new AbortController())
  const hops = [...story.hops]
  for (const [i, process] of processes.entries()) {
    process.hop = () =>
      (world.now() < CHAOS_FROM || world.now() > CHAOS_TO ? undefined : hops.shift()) ?? { toMs: 1, backMs: 1 }
    void runElector(
      {
        leases: [process.connect(store, 'heald')],
        identity: process.name,
        clock: process.clock,
        tell: () => undefined,
        minimumEpoch: () => acts.reduce((highest, act) => Math.max(highest, act.epoch), 0),
      },
      worker(world, store, process, acts),
      AbortSignal.any([signal, stops[i]!.signal]),
    )
  }
  for (const { kind, who, at, ms } of story.harms) {
    const process = processes[who]!
    world.schedule(at, () => {
      if (kind === 'freeze') process.freeze(ms)
      if (kind === 'cut') process.cutUntil = Math.max(process.cutUntil, at + ms)
      if (kind === 'stop') stops[who]!.abort()
      if (kind !== 'errors') return
      process.failing = true
      world.schedule(ms, () => {
        process.failing = false
      })
    })
  }
  for (const change of story.upsets) {
    world.schedule(change.at, () => (change.delete ? store.remove() : store.touch()))
  }
  await world.runTo(CHAOS_TO + 60_000)
  const last = acts.at(-1)
  return { acts, endsWithLeader: last !== undefined && last.at > CHAOS_TO + 55_000 }
}

function orderly(acts: readonly Act[]): boolean {
  const owners = new Map<number, string>()
  return acts.every((act, i) => {
    const owner = owners.get(act.epoch) ?? act.by
    owners.set(act.epoch, owner)
    return owner === act.by && act.epoch >= (acts[i - 1]?.epoch ?? 0)
  })
}

const story = fc.record({
  drifts: fc.tuple(drift, drift, drift),
  harms: fc.array(harm, { maxLength: 8 }),
  hops: fc.array(hop, { maxLength: 60 }),
  upsets: fc.array(upset, { maxLength: 3 }),
})

t.test('two leaders never act at once, whatever is frozen, cut off, delayed, lost or deleted', async (t) => {
  let taken = 0
  await fc.assert(
    fc.asyncProperty(story, async (s) => {
      const { acts, endsWithLeader } = await play(s)
      taken += new Set(acts.map((act) => act.by)).size > 1 ? 1 : 0
      fc.pre(acts.length > 0)
      return orderly(acts) && acts.every(({ by, holder }) => holder === by || holder === undefined) && endsWithLeader
    }),
    { numRuns: 60 },
  )
  t.ok(taken > 15, `leadership moved in ${taken} of the stories, else this proves nothing`)
})

t.test('the judge of these stories sees two leaders that overlap', async (t) => {
  const act = { holder: undefined }
  t.notOk(
    orderly([
      { ...act, at: 1, by: 'a', epoch: 1 },
      { ...act, at: 2, by: 'b', epoch: 2 },
      { ...act, at: 3, by: 'a', epoch: 1 },
    ]),
  )
  t.notOk(
    orderly([
      { ...act, at: 1, by: 'a', epoch: 1 },
      { ...act, at: 2, by: 'b', epoch: 1 },
    ]),
  )
})

import type { Term } from '../../../src/core/ports/term.ts'
import { runElector } from '../../../src/leader/elector.ts'
import type { ElectorOptions, Lead } from '../../../src/leader/options.ts'
import { createProcess, createWorld, LeaseStore, type Process, type World } from './election.ts'

export type ContenderOptions = Partial<ElectorOptions> & { readonly lead?: Lead }

export interface Contender {
  readonly process: Process
  readonly terms: Term[]
  readonly stop: () => void
  readonly stopped: () => boolean
  /** What the elector threw. */
  readonly failure: () => unknown
  /** Monotonic times at which `lead` was called and returned. */
  readonly spans: { from: number; to: number }[]
}

/** Leads until it is told to end, as the controller does. */
export const untilEnding: Lead = (term, ending) =>
  new Promise((resolve) => {
    term.signal.addEventListener('abort', () => resolve())
    ending.addEventListener('abort', () => resolve())
  })

export function contend(
  world: World,
  name: string,
  stores: readonly [LeaseStore, ...LeaseStore[]],
  options: ContenderOptions = {},
): Contender {
  const process = createProcess(world, name)
  const shutdown = new AbortController()
  const terms: Term[] = []
  const spans: { from: number; to: number }[] = []
  let over = false
  let failure: unknown
  const lead: Lead = async (term, ending) => {
    terms.push(term)
    const span = { from: world.now(), to: Infinity }
    spans.push(span)
    try {
      return await (options.lead ?? untilEnding)(term, ending)
    } finally {
      span.to = world.now()
    }
  }
  const [own, ...others] = stores
  void runElector(
    {
      leases: [
        process.connect(own, 'kube-system/heald'),
        ...others.map((s, i) => process.connect(s, `kube-system/x${i}`)),
      ],
      identity: name,
      clock: process.clock,
      tell: (notice) => process.notices.push(notice),
      minimumEpoch: () => 0,
      ...options,
    },
    lead,
    shutdown.signal,
  )
    .catch((thrown: unknown) => {
      failure = thrown
    })
    .then(() => {
      over = true
    })
  return {
    process,
    terms,
    spans,
    stop: () => shutdown.abort(new Error('SIGTERM')),
    stopped: () => over,
    failure: () => failure,
  }
}

export function isLeading({ terms, spans }: Contender): boolean {
  return spans.at(-1)?.to === Infinity && terms.at(-1)?.signal.aborted === false
}

export interface Election {
  readonly world: World
  readonly store: LeaseStore
  readonly a: Contender
}

/** A new cluster with one Lease, and `a`, who competes for it. */
export function oneCandidate(options: ContenderOptions = {}): Election {
  const world = createWorld()
  const store = new LeaseStore()
  return { world, store, a: contend(world, 'a', [store], options) }
}

/** The same, and `b`, who comes when `a` leads already. */
export async function leaderAndFollower(): Promise<Election & { readonly b: Contender }> {
  const { world, store, a } = oneCandidate()
  await world.runTo(10)
  return { world, store, a, b: contend(world, 'b', [store]) }
}

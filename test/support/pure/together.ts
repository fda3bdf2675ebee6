import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { AttemptState, Phase } from '../../../src/core/model/node-repair.ts'
import type { RepairTimer, View } from '../../../src/core/model/view.ts'
import { newTimer } from '../../../src/core/repair/repair-timers.ts'
import { NOT_READY, order } from './scene.ts'
import {
  attempt,
  DAY,
  failing,
  instance,
  MINUTE,
  masters,
  node,
  plan,
  policy,
  repair,
  rung,
  suspicion,
  view,
  witness,
  workers,
} from './view.ts'

/** One broken worker with a repair that wants to replace it. What is left out is as it is when all of them may go together. */
export interface Broken {
  readonly phase?: Phase
  readonly attempt?: AttemptState | undefined
  /** What its attempt's order has in common with others. */
  readonly batch?: string | undefined
  readonly batchKey?: string | undefined
  readonly lockKey?: string
  readonly paused?: boolean
  readonly unreadable?: boolean
  readonly dryRun?: boolean
  readonly timer?: Partial<RepairTimer>
}

export function broken(change: Broken = {}): Broken {
  return { batchKey: 'group', ...change }
}

/** Nothing but the repairs themselves stands in the way of a replacement. */
export const RULES = policy({
  roles: {
    master: { enabled: true, ladder: [] },
    worker: { enabled: true, ladder: [rung('replace', { drainMs: 0 })] },
  },
  inFlight: { pool: { percent: 100, min: 99 }, masters: 1 },
  correlated: { windowMs: 0, minSuspects: 99 },
  breaker: { poolPercent: 100, clusterPercent: 100, smallPool: 99 },
  zone: { minBad: 99, percent: 100 },
  rate: { perNode: 99, perNodeWindowMs: DAY, perHour: 99, perDay: 99 },
})

/** These as `w0`, `w1`, ..., with repairs `w0-1`, `w1-1`, ... */
export function toView(all: readonly Broken[]): View {
  const names = all.map((_, index) => `w${index}`)
  const instances: Record<string, InstanceView> = {}
  const timers = new Map<string, RepairTimer>()
  const repairs = all.map((one, index) => {
    const name = names[index] ?? ''
    const plans = [plan('replace', { lockKey: one.lockKey ?? 'stack', batchKey: one.batchKey })]
    instances[name] = instance(name, {}, { plans })
    const key = `${name}-1/uid/1${one.batch === undefined ? '' : `@${one.batch}`}`
    const tried = attempt({
      rung: 'replace',
      state: one.attempt ?? 'Issued',
      finishedAt: undefined,
      order: order('replace', { nodeName: name, key }),
    })
    const attempts = one.attempt === undefined ? [] : [tried]
    const status = { phase: one.phase ?? 'Pending', rung: 'replace', attempts } as const
    const made = repair(name, status, one.dryRun === true ? { uid: '' } : {})
    timers.set(made.name, { ...newTimer(made), stepKnown: true, ...one.timer })
    return made
  })
  const chosen = (what: (one: Broken) => boolean | undefined): readonly string[] =>
    names.filter((_, index) => what(all[index] ?? {}) === true)
  return view({
    nodes: [
      ...masters(3),
      ...names.map((name) => node(name, { conditions: [NOT_READY] })),
      ...workers(30).slice(all.length),
    ],
    suspicions: names.map((name) =>
      suspicion(name, [failing(10 * MINUTE)], { witnesses: [witness('lease', 'Silent', 'fail')] }),
    ),
    repairs,
    instances,
    switches: {
      nodes: new Map(chosen(({ paused }) => paused).map((name) => [name, { reason: 'test', until: undefined }])),
    },
    rest: { timers, unreadable: new Map(chosen(({ unreadable }) => unreadable).map((name) => [name, 'garbage'])) },
  })
}

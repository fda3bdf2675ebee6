import fc from 'fast-check'
import { SKIP } from '../../../src/core/annotations/skip.ts'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import type { Attempt, AttemptState, NodeRepair, Phase } from '../../../src/core/model/node-repair.ts'
import { FINISHED_ATTEMPTS } from '../../../src/core/model/node-repair.ts'
import { RUNGS } from '../../../src/core/model/rungs.ts'
import type { RepairTimer } from '../../../src/core/model/view.ts'
import { inPhase, pending, READY, running, type Scene } from './scene.ts'
import { CALENDAR, failing, HOUR, instance, MINUTE, NOW, passing, repair, rung } from './view.ts'

const PHASES: readonly Phase[] = [
  'Pending',
  'Draining',
  'Acting',
  'Verifying',
  'Soaking',
  'Parked',
  'Succeeded',
  'Cancelled',
]
const STATES: readonly AttemptState[] = ['Issued', 'Confirmed', 'Unknown', 'NotSent', 'Verified', 'Failed']

const DRAINING = { enabled: true, ladder: RUNGS.map((name) => rung(name, { drainMs: MINUTE })) }

const NOBODY: Readonly<Record<string, InstanceView>> = {}
const JOINED = { ...NOBODY, w9: instance('w9', {}, { located: { found: { id: 'machine-new', name: 'w9' } } }) }

/** Often nothing, often seconds, sometimes much. */
const duration = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: MINUTE }), fc.integer({ min: 1, max: HOUR }))
const rarely = fc.nat(4).map((n) => n === 0)

/** Up to four attempts of any rungs; only the last one may be without an end. */
const attempts: fc.Arbitrary<readonly Attempt[]> = fc
  .array(fc.record({ rung: fc.constantFrom(...RUNGS), state: fc.constantFrom(...STATES), agoMs: duration }), {
    maxLength: 4,
  })
  .map((parts) =>
    parts.map(({ rung, state, agoMs }, index) => {
      const ended = FINISHED_ATTEMPTS.includes(state) || index < parts.length - 1
      const finishedAt = ended ? { finishedAt: new Date(CALENDAR - agoMs).toISOString() } : {}
      const end: AttemptState = FINISHED_ATTEMPTS.includes(state) ? state : 'Failed'
      return running(rung, { id: index + 1, state: ended ? end : state, ...finishedAt })
    }),
  )

const repairs: fc.Arbitrary<NodeRepair> = fc
  .record({
    phase: fc.constantFrom(...PHASES),
    attempts,
    climbed: fc.constantFrom(...RUNGS),
    deleting: rarely,
    finalizers: fc.constantFrom([], ['heald.dev/repair']),
    resume: rarely,
    replaced: fc.boolean(),
    nodeUID: fc.constantFrom('uid-w0', 'uid-w0', 'uid-w0', 'other'),
  })
  .map(({ phase, attempts: tried, climbed, deleting, finalizers, resume, replaced, nodeUID }) =>
    repair(
      'w0',
      {
        phase,
        attempts: tried,
        rung: tried.at(-1)?.rung ?? climbed,
        nodeUID,
        ...(replaced ? { replacement: { instance: { id: 'machine-new', name: 'w0' } } } : {}),
      },
      { deleting, finalizers, annotations: resume ? { 'heald.dev/resume': 'true' } : {} },
    ),
  )

const instances: fc.Arbitrary<InstanceView | null> = fc.oneof(
  { arbitrary: fc.constant(null), weight: 1 },
  {
    arbitrary: fc.boolean().map((slot) => ({
      located: { gone: true as const, slot },
      state: undefined,
      plans: [],
      seenAt: NOW,
      saidSince: NOW - 2 * HOUR,
    })),
    weight: 1,
  },
  {
    arbitrary: fc
      .record({ power: fc.constantFrom('running', 'running', 'off', 'moving'), mark: fc.nat(2), down: rarely })
      .map((one) =>
        instance(
          'w0',
          { power: one.power as 'running' | 'off' | 'moving', bootMark: `mark-${one.mark}` },
          one.down ? { error: { kind: 'unavailable', message: 'no answer' } } : {},
        ),
      ),
    weight: 4,
  },
)

const timers: fc.Arbitrary<Partial<RepairTimer> | null> = fc.option(
  fc.record({
    countedMs: duration,
    wellMs: duration,
    goneMs: duration,
    stepKnown: fc.boolean(),
    nextStepAt: fc.constantFrom(0, NOW + 1),
    drain: fc.constantFrom(undefined, { left: 0, blocked: [] }, { left: 2, blocked: ['default/web'] }),
  }),
)

/** Any repair of one node in any surroundings, sensible or not. */
export const anyScene: fc.Arbitrary<Scene> = fc
  .record({
    repair: repairs,
    present: rarely.map((absent) => !absent),
    well: fc.boolean(),
    skip: rarely,
    instance: instances,
    timer: timers,
    heartbeatAgeMs: duration,
    dryRun: rarely,
    paused: rarely,
    stopped: rarely,
    blind: rarely,
    cloudDown: rarely,
    drains: fc.boolean(),
    joined: fc.boolean(),
  })
  .map((one) => ({
    repair: one.repair,
    node: one.present
      ? { ...(one.well ? { conditions: [READY] } : {}), ...(one.skip ? { annotations: { [SKIP]: 'true' } } : {}) }
      : null,
    clocks: [one.well ? passing() : failing(10 * MINUTE)],
    instance: one.instance,
    timer: one.timer,
    heartbeatAgeMs: one.heartbeatAgeMs,
    policy: one.drains ? { roles: { master: { enabled: false, ladder: [] }, worker: DRAINING } } : {},
    parts: {
      instances: one.joined ? JOINED : NOBODY,
      switches: {
        dryRun: one.dryRun,
        stopped: one.stopped,
        paused: one.paused ? { reason: 'true', until: undefined } : undefined,
      },
      sight: {
        blindSince: one.blind ? NOW - MINUTE : undefined,
        cloud: one.cloudDown
          ? { downSince: NOW - MINUTE, reason: 'CloudUnavailable', message: 'no answer' }
          : undefined,
      },
    },
  }))

/** Any moment at which the next thing is a request that changes a machine. */
export const aboutToAct: fc.Arbitrary<Scene> = fc
  .record({
    repair: fc.oneof(
      fc.constantFrom(pending(), pending({ phase: 'Draining', rung: 'reboot-soft', drained: 'Drained' })),
      fc
        .record({ rung: fc.constantFrom(...RUNGS), state: fc.constantFrom('Issued', 'Unknown') })
        .map(({ rung, state }) =>
          inPhase('Acting', rung, { attempts: [running(rung, { state: state as 'Issued', cursor: { at: 'stop' } })] }),
        ),
    ),
    countedMs: fc.nat(MINUTE),
    goneMs: fc.nat(HOUR),
    heartbeatAgeMs: duration,
    power: fc.constantFrom('running', 'off'),
  })
  .map(({ repair: one, countedMs, goneMs, heartbeatAgeMs, power }) => ({
    repair: one,
    timer: { countedMs, goneMs },
    heartbeatAgeMs,
    instance: instance('w0', { power: power as 'running', bootMark: 'mark-1' }),
  }))

import t from 'tap'
import type { Attempt, NodeRepairStatus } from '../../../../src/core/model/node-repair.ts'
import { RUNG_DEFAULTS, RUNGS, type RungName } from '../../../../src/core/model/rungs.ts'
import { applyStepResult } from '../../../../src/core/repair/status.ts'
import {
  attemptFailed,
  cancelled,
  flat,
  inPhase,
  issues,
  next,
  parked,
  pending,
  READY,
  rebooted,
  recovers,
  running,
  type Scene,
  steps,
  viewOf,
  waits,
} from '../../../support/pure/scene.ts'
import { HOUR, instance, MINUTE, NOW, passing, repair, rung, SECOND } from '../../../support/pure/view.ts'

const DRAINS = {
  roles: {
    master: { enabled: true, ladder: [] },
    worker: { enabled: true, ladder: [rung('reboot-soft', { drainMs: 5 * MINUTE })] },
  },
}
const drains = { do: 'drain' }
const drained = (how: string, said = how): object => ({
  do: 'write',
  status: { phase: 'Draining', rung: 'reboot-soft', drained: how },
  said: { reason: said },
})

function draining(scene: Scene = {}, change: Partial<NodeRepairStatus> = {}): object {
  const one = pending({ phase: 'Draining', rung: 'reboot-soft', ...change })
  return flat(next({ policy: DRAINS, repair: one, ...scene }))
}

t.test('a drain begins, empties the node or runs out of time, and then the rung is issued', async (t) => {
  const begun = { do: 'write', status: { phase: 'Draining', drained: undefined }, said: { reason: 'Draining' } }
  t.match(flat(next({ policy: DRAINS })), begun)
  t.match(draining(), drains)
  t.match(draining({ timer: { drain: { left: 2, blocked: ['default/web'] } } }), drains, 'pods are left: once more')
  t.match(draining({ timer: { nextStepAt: NOW + 5 } }), waits(5), 'pods take time to go')
  t.match(draining({ timer: { drain: { left: 0, blocked: [] } } }), drained('Drained'))
  const late = draining({ timer: { countedMs: 5 * MINUTE, drain: { left: 1, blocked: ['default/web'] } } })
  t.match(late, { ...drained('DrainDeadline'), said: { level: 'warn', message: /blocked: default\/web/ } })
  for (const how of ['Drained', 'DrainSkipped', 'DrainDeadline'] as const)
    t.match(draining({}, { drained: how }), issues)
})

t.test('a silent node is not drained', async (t) => {
  t.match(draining({ heartbeatAgeMs: 40 * SECOND }), drains)
  t.match(draining({ heartbeatAgeMs: 40 * SECOND + 1 }), issues)
  t.match(draining({ parts: { rest: { heartbeats: new Map() } } }), issues)
})

t.test(
  'a rung that was not proven says what was missing, and one that was how long the node stayed well',
  async (t) => {
    const said = (scene: Scene, phase: 'Verifying' | 'Soaking' = 'Verifying'): string | undefined => {
      const effect = next({ timer: { wellMs: HOUR, countedMs: 5 * MINUTE }, repair: inPhase(phase), ...scene })
      return effect !== undefined && 'said' in effect ? effect.said?.message : undefined
    }
    t.match(said({ node: { conditions: [READY] } }), /: not proven within 5m: no new boot$/)
    const silent = { node: { conditions: [] }, heartbeatAgeMs: HOUR, timer: { countedMs: 5 * MINUTE } }
    t.match(said(silent), /: not proven within 5m: no new boot, Ready=missing, no heartbeat since reboot-soft$/)
    t.match(said({ node: null, timer: { countedMs: 5 * MINUTE } }), /: not proven within 5m: there is no Node$/)
    t.match(
      said({ node: { conditions: [READY] }, instance: rebooted(), timer: { countedMs: 5 * MINUTE } }),
      /: not proven within 5m: a check does not pass$/,
    )
    t.match(
      said({ node: { conditions: [READY] }, clocks: [passing()], instance: rebooted() }, 'Soaking'),
      /w0: reboot-soft helped: well for the required 5m$/,
    )
  },
)

t.test('what was drained for a rung does not count for the next one', async (t) => {
  const one = pending({ rung: 'start', drained: 'Drained' })
  t.match(flat(next({ policy: DRAINS, repair: one })), { status: { phase: 'Draining', drained: undefined } })
})

t.test('a hold is written when its gates change, not when only their numbers do', async (t) => {
  const paused = { switches: { paused: { reason: 'true', until: undefined } } }
  t.match(flat(next({ parts: paused })), { do: 'write', said: { reason: 'RepairHeld' } })
  const known = pending({ holds: [{ gate: 'Paused', reason: 'Paused', message: 'other words' }] })
  t.match(flat(next({ repair: known, parts: paused })), { wait: Number, why: /Paused/ })
})

t.test('after the last rung a person is asked, and told what was passed over', async (t) => {
  const attempts = [running('reboot-hard', { state: 'Failed', finishedAt: '2026-05-01T10:00:00Z' })]
  const scene = { repair: pending({ rung: 'reboot-hard', attempts }), policy: climbing('reboot-soft', 'reboot-hard') }
  t.match(flat(next(scene)), { ...parked('NeedsHuman'), said: { reason: 'RepairParked', level: 'warn' } })
  const skips = [{ rung: 'reboot-soft', reason: 'ClimbedPast' }]
  t.match(flat(next(scene)), { status: { skipped: skips } })
})

t.test('a repair with as many attempts as the stored rules allow is parked', async (t) => {
  const attempts = Array.from({ length: 16 }, (_, index) =>
    running('reboot-soft', { id: index + 1, state: 'NotSent', finishedAt: '2026-05-01T10:00:00Z' }),
  )
  t.match(flat(next({ repair: pending({ attempts }), policy: { maxNotSent: 99 } })), parked('NeedsHuman'))
  t.match(flat(next({ repair: pending({ attempts: attempts.slice(1) }), policy: { maxNotSent: 99 } })), issues)
})

t.test('a parked repair waits for a person', async (t) => {
  const ask = (scene: Scene, change: Partial<NodeRepairStatus> = {}): object =>
    flat(
      next({
        ...scene,
        repair: repair('w0', { phase: 'Parked', rung: 'reboot-soft', reason: 'NeedsHuman', ...change }),
      }),
    )
  const gone = { located: { gone: true, slot: false }, state: undefined, plans: [], seenAt: NOW } as const
  const replaced = [running('replace', { state: 'Failed' })]
  t.match(ask({}), waits())
  const byHand = { do: 'write', status: { phase: 'Succeeded', reason: 'ByHand' } }
  t.match(ask({ timer: { wellMs: 5 * MINUTE } }), byHand, 'well for the soak: it helped')
  t.match(ask({ timer: { wellMs: 5 * MINUTE - 1 } }), waits(SECOND))
  t.match(ask({ instance: gone }), cancelled('InstanceGone'))
  t.match(ask({ instance: gone }, { reason: 'InstanceGone' }), waits(), 'vanished under our hands: a person explains')
  t.match(ask({ instance: gone }, { attempts: replaced }), waits(), 'never a second replacement')
  t.match(ask({ node: null, timer: { goneMs: 10 * MINUTE } }), cancelled('NodeGone'))
  t.match(ask({ node: null, timer: { goneMs: 10 * MINUTE } }, { attempts: replaced }), waits())
  const resumed = repair('w0', { phase: 'Parked' }, { annotations: { 'heald.dev/resume': 'true' } })
  t.match(flat(next({ repair: resumed })), cancelled('Resumed'))
})

t.test('a withdrawn repair is observed, taken back and let go', async (t) => {
  const ask = (phase: 'Pending' | 'Acting' | 'Verifying' | 'Soaking' | 'Parked', scene: Scene = {}): object => {
    const one = phase === 'Pending' || phase === 'Parked' ? repair('w0', { phase }) : inPhase(phase, 'replace')
    return flat(next({ ...scene, repair: { ...one, deleting: true } }))
  }
  for (const phase of ['Pending', 'Verifying', 'Soaking', 'Parked'] as const)
    t.match(ask(phase), cancelled('Withdrawn'))
  t.match(ask('Acting', { timer: null }), recovers, 'first: what became of the last step?')
  t.match(ask('Acting'), { do: 'abandon', status: { phase: 'Cancelled', reason: 'Withdrawn' } })
  const silent = { stepKnown: false, countedMs: 20 * MINUTE }
  t.match(ask('Acting', { timer: silent }), { do: 'abandon' }, 'an outcome that never comes is not waited for')
})

t.test(
  'a refusal that changed nothing is no strike; in the middle of a rung what came before is taken back',
  async (t) => {
    const refused = { state: 'failed', reason: 'conflict', effect: 'none' } as const
    const ask = (change: Partial<Attempt>): object => {
      const one = inPhase('Acting', 'replace', { attempts: [running('replace', change)] })
      return flat(applyStepResult(one, viewOf({ repair: one }), refused)!)
    }
    const notSent = { phase: 'Pending', attempts: [{ state: 'NotSent' }] }
    t.match(ask({}), { do: 'write', status: notSent })
    t.match(ask({ cursor: { at: 'create' } }), { do: 'abandon', status: notSent })
  },
)

t.test('a finished repair gives its finalizer back and rests', async (t) => {
  for (const phase of ['Succeeded', 'Cancelled'] as const) {
    t.match(flat(next({ repair: repair('w0', { phase }, { finalizers: ['heald.dev/repair'] }) })), { do: 'release' })
    t.match(flat(next({ repair: repair('w0', { phase }) })), { wait: Number.POSITIVE_INFINITY })
  }
})

t.test('the old Node of a machine replaced under a new name goes only when the new one is proven', async (t) => {
  const replacement = { instance: { id: 'machine-new', name: 'w9' } }
  const joined = instance('w9', {}, { located: { found: { id: 'machine-new', name: 'w9' } } })
  const heartbeats = new Map([['w9', { renewTime: 'x', changedAt: NOW }]])
  const at = (phase: 'Verifying' | 'Soaking', nodeUID = 'uid-w0'): object => {
    const attempt = running('replace', { state: 'Confirmed' })
    const attempts = [{ ...attempt, order: { ...attempt.order, nodeUID } }]
    const parts = { instances: { w9: joined }, rest: { heartbeats } }
    const timer = { wellMs: HOUR, countedMs: MINUTE }
    return flat(next({ repair: inPhase(phase, 'replace', { replacement, attempts }), parts, timer }))
  }
  t.match(at('Verifying'), { do: 'write', status: { phase: 'Soaking', nodeUID: 'uid-w9' } })
  t.match(at('Soaking'), { do: 'delete-node', node: 'w0', uid: 'uid-w0' })
  t.match(at('Soaking', 'registered-anew'), waits(), 'a Node that registered since is not the one that was replaced')
})

t.test(
  "a replacement that failed is parked with what failed: it is no stranger's, and not replaced again",
  async (t) => {
    const failed = running('replace', { state: 'Failed', reason: 'SoakFailed', message: 'NodeCondition fails again' })
    const made = { id: 'machine-new', name: 'w0' }
    const located = { found: made }
    for (const scene of [{}, { node: null }]) {
      t.match(
        flat(
          next({
            ...scene,
            repair: pending({ attempts: [failed], replacement: { instance: made } }),
            instance: instance('w0', {}, { located }),
          }),
        ),
        {
          status: {
            phase: 'Parked',
            reason: 'NeedsHuman',
            message: 'its replacement w0 failed: NodeCondition fails again',
          },
        },
      )
    }
  },
)

t.test('a rung that asks for a time after the last reboot waits for it', async (t) => {
  t.match(flat(next({ repair: inPhase('Acting', 'start') })), steps)
  const off = instance('w0', { power: 'off', bootMark: 'mark-1' })
  t.match(flat(next({ instance: off })), { do: 'issue', rung: { rung: 'start' } }, 'a machine proven off is started')
  const started = inPhase('Verifying', 'start')
  const well = { node: { conditions: [READY] }, clocks: [passing()], timer: { wellMs: 1, countedMs: MINUTE } }
  t.match(
    flat(next({ ...well, repair: started })),
    { status: { phase: 'Soaking' } },
    'running again is the proof of a start',
  )
  t.match(flat(next({ ...well, repair: started, instance: off })), waits())
})

t.test('a rung that left the ladder while it was under way keeps its own deadline, verify and soak', async (t) => {
  for (const name of RUNGS) {
    const others = RUNGS.filter((other) => other !== name)
    const { deadlineMs, verifyMs, soakMs } = RUNG_DEFAULTS[name]
    const at = (phase: 'Acting' | 'Verifying' | 'Soaking', countedMs: number): object =>
      flat(
        next({
          policy: climbing(...others),
          repair: inPhase(phase, name),
          instance: phase === 'Acting' ? undefined : rebooted(),
          node: { conditions: [READY] },
          clocks: phase === 'Acting' ? undefined : [passing()],
          timer: { countedMs, wellMs: phase === 'Soaking' ? countedMs : 0 },
        }),
      )
    t.match(at('Acting', deadlineMs - 1), recovers, `${name}: the cloud is still at work`)
    t.match(at('Acting', deadlineMs), attemptFailed('Deadline', 'abandon'), `${name}: until its own deadline`)
    t.match(at('Verifying', verifyMs - 1), waits(), `${name}: not proven yet`)
    t.match(at('Verifying', verifyMs), { do: 'write' }, `${name}: until its own verify`)
    t.match(at('Soaking', soakMs - 1), waits(1), `${name}: well, but not for long enough`)
    t.match(at('Soaking', soakMs), { status: { phase: 'Succeeded' } }, `${name}: after its own soak`)
  }
  const replacing = { repair: inPhase('Acting', 'replace'), timer: { countedMs: 6 * MINUTE } }
  t.match(
    flat(next({ policy: climbing('reboot-soft'), ...replacing })),
    recovers,
    'a replacement that takes six minutes is not given up',
  )
})

function climbing(...names: readonly RungName[]) {
  return { roles: { ...DRAINS.roles, worker: { enabled: true, ladder: names.map((name) => rung(name)) } } }
}

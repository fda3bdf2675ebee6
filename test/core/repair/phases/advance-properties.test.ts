import fc from 'fast-check'
import t, { type Test as Tap } from 'tap'
import { FINISHED_ATTEMPTS, FINISHED_PHASES, lastAttempt, phaseOf } from '../../../../src/core/model/node-repair.ts'
import type { StepResult } from '../../../../src/core/model/order.ts'
import { nextRung } from '../../../../src/core/repair/ladder.ts'
import { applyStepResult } from '../../../../src/core/repair/status.ts'
import { aboutToAct, anyScene } from '../../../support/pure/arbitrary-scene.ts'
import { flat, inPhase, next, running, type Scene, viewOf } from '../../../support/pure/scene.ts'
import { CALENDAR, instance, NOW, policy } from '../../../support/pure/view.ts'

const RUNS = { numRuns: 1_000 }
const MUTATES = ['issue', 'step', 'abandon', 'drain', 'delete-node']

function doing(scene: Scene): string {
  const effect = next(scene)
  return 'wait' in effect ? 'wait' : effect.do
}

/** The status that an effect would write. */
function statusAfter(scene: Scene) {
  const effect = next(scene)
  if ('wait' in effect) return undefined
  return effect.do === 'write' ? effect.status : effect.do === 'abandon' ? effect.then : undefined
}

function holds(t: Tap, rule: (scene: Scene) => boolean): void {
  t.doesNotThrow(() => fc.assert(fc.property(anyScene, rule), RUNS))
}

function withSwitches(scene: Scene, change: object): Scene {
  return { ...scene, parts: { ...scene.parts, switches: { ...scene.parts?.switches, ...change } } }
}

t.test('the scenes reach what they must', async (t) => {
  const acts = fc.sample(aboutToAct, { numRuns: 500, seed: 1 }).map(doing)
  t.same([...new Set(acts)].sort(), ['issue', 'step'], 'about to act is about to act, every time')
  const seen = new Set(fc.sample(anyScene, { numRuns: 5_000, seed: 1 }).map(doing))
  t.same([...seen].sort(), ['abandon', 'delete-node', 'issue', 'recover', 'release', 'step', 'wait', 'write'])
})

const SWITCHES: Readonly<Record<string, (scene: Scene) => Scene>> = {
  paused: (scene) => withSwitches(scene, { paused: { reason: 'true', until: undefined } }),
  'the pool paused': (scene) => withSwitches(scene, { pools: new Map([['worker', { reason: '', until: undefined }]]) }),
  'the node paused': (scene) => withSwitches(scene, { nodes: new Map([['w0', { reason: '', until: undefined }]]) }),
  'dry-run': (scene) => withSwitches(scene, { dryRun: true }),
  stopped: (scene) => withSwitches(scene, { stopped: true }),
  'opted out': (scene) =>
    scene.node === null
      ? withSwitches(scene, { stopped: true })
      : { ...scene, node: { labels: { 'heald.dev/skip': '' } } },
  blind: (scene) => ({ ...scene, parts: { ...scene.parts, sight: { blindSince: NOW - 31_000 } } }),
  'blind for a moment': (scene) => ({ ...scene, parts: { ...scene.parts, sight: { blindSince: NOW - 1 } } }),
}

for (const [name, turnedOn] of Object.entries(SWITCHES)) {
  t.test(`${name}: never a step towards the act`, async (t) => {
    const acts = (scene: Scene): boolean => ['issue', 'step'].includes(doing(turnedOn(scene)))
    t.doesNotThrow(() => fc.assert(fc.property(aboutToAct, (scene) => !acts(scene))))
    holds(t, (scene) => !acts(scene))
  })
}

t.test('never a step when the outcome of the last one is not known', async (t) => {
  holds(t, (scene) => doing({ ...scene, timer: { ...scene.timer, stepKnown: false } }) !== 'step')
  holds(t, (scene) => doing({ ...scene, timer: null }) !== 'step')
  t.doesNotThrow(() => fc.assert(fc.property(aboutToAct, (scene) => doing({ ...scene, timer: null }) !== 'step')))
})

t.test('never a first act before the last attempt has an end, never a step without one', async (t) => {
  holds(t, (scene) => {
    const what = doing(scene)
    const last = scene.repair === undefined ? undefined : lastAttempt(scene.repair)
    const open = last !== undefined && !FINISHED_ATTEMPTS.includes(last.state)
    if (what === 'step' || what === 'recover') return open && phaseOf(scene.repair!) === 'Acting'
    return what !== 'issue' || ['Pending', 'Draining'].includes(phaseOf(scene.repair!))
  })
})

t.test('a finished phase never moves: at most its finalizer goes', async (t) => {
  holds(t, (scene) => {
    const repair = scene.repair!
    return !FINISHED_PHASES.includes(phaseOf(repair)) || ['wait', 'release'].includes(doing(scene))
  })
})

t.test('attempts only grow, and finished ones never change', async (t) => {
  holds(t, (scene) => {
    const before = scene.repair?.status?.attempts ?? []
    const after = statusAfter(scene)?.attempts ?? before
    return (
      after.length === before.length &&
      before.every((one, index) => {
        const same = JSON.stringify(one) === JSON.stringify(after[index])
        return FINISHED_ATTEMPTS.includes(one.state) ? same : one.id === after[index]?.id
      })
    )
  })
})

t.test('a withdrawn repair changes nothing any more but to take back', async (t) => {
  holds(t, (scene) => {
    const what = doing({ ...scene, repair: { ...scene.repair!, deleting: true } })
    return !MUTATES.includes(what) || what === 'abandon'
  })
})

t.test('what a repair ends as stays within its phases: no way leads back from the proof to the act', async (t) => {
  const ways: Readonly<Record<string, readonly string[]>> = {
    Pending: ['Pending', 'Draining', 'Parked', 'Cancelled'],
    Draining: ['Draining', 'Pending', 'Parked', 'Cancelled'],
    Acting: ['Pending', 'Verifying', 'Parked', 'Cancelled'],
    Verifying: ['Soaking', 'Pending', 'Parked', 'Cancelled'],
    Soaking: ['Succeeded', 'Pending', 'Parked', 'Cancelled'],
    Parked: ['Succeeded', 'Cancelled'],
  }
  holds(t, (scene) => {
    const after = statusAfter(scene)
    return after === undefined || ways[phaseOf(scene.repair!)]?.includes(after.phase) === true
  })
})

const results: fc.Arbitrary<StepResult> = fc.constantFrom<StepResult>(
  { state: 'running', cursor: { at: 'wait' }, againMs: 0 },
  { state: 'done' },
  { state: 'failed', reason: 'NotSent', effect: 'none' },
  { state: 'failed', reason: 'Error', effect: 'maybe' },
)

t.test('our own crash never climbs the ladder: without an answer of failure the same rung comes next', async (t) => {
  const worker = policy().roles.worker
  const time = { now: NOW, calendar: CALENDAR, maxNotSent: 2 }
  const machine = instance('w0', { bootMark: 'mark-1' })
  for (const rung of ['reboot-soft', 'reboot-hard', 'replace'] as const) {
    for (const state of ['Issued', 'Unknown', 'Confirmed', 'NotSent'] as const) {
      const left = inPhase('Acting', rung, { attempts: [running(rung, { state })] })
      const alone = {
        ...worker,
        ladder: worker.ladder.filter(
          (one) => worker.ladder.indexOf(one) >= worker.ladder.findIndex((two) => two.rung === rung),
        ),
      }
      t.match(nextRung(left, machine, alone, time).rung, { rung }, `${rung} ${state}`)
    }
  }
  holds(t, (scene) => {
    // A successor knows nothing but what is stored: whatever it does first, it is no verdict over the attempt.
    const repair = scene.repair!
    if (phaseOf(repair) !== 'Acting') return true
    const gone = scene.instance !== null && scene.instance?.located !== undefined && 'gone' in scene.instance.located
    const after = statusAfter({ ...scene, timer: null })
    return gone || after === undefined || repair.deleting || after.attempts.at(-1)?.state === lastAttempt(repair)?.state
  })
})

t.test('an answer of the cloud settles the running attempt alone, and proven not sent is no strike', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyScene, results, (scene, result) => {
        const repair = scene.repair!
        const effect = applyStepResult(repair, viewOf(scene), result)
        if (effect === undefined) return result.state === 'running' || lastAttempt(repair) === undefined
        const { status } = flat(effect) as { status: { attempts: readonly { state: string }[] } }
        const before = repair.status?.attempts ?? []
        const last = lastAttempt(repair)!
        const kept = JSON.stringify(status.attempts.slice(0, -1)) === JSON.stringify(before.slice(0, -1))
        const expected =
          result.state === 'done'
            ? 'Confirmed'
            : result.state === 'failed' && result.effect === 'none'
              ? 'NotSent'
              : 'Failed'
        return (
          kept && status.attempts.at(-1)?.state === (FINISHED_ATTEMPTS.includes(last.state) ? last.state : expected)
        )
      }),
      RUNS,
    ),
  )
})

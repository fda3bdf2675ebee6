import t from 'tap'
import { nodeHealth } from '../../../src/core/evidence/node-health.ts'
import type { RepairTimer } from '../../../src/core/model/view.ts'
import { newTimer, runTimers } from '../../../src/core/repair/repair-timers.ts'
import { inPhase, pending, READY, type Scene, viewOf } from '../../support/pure/scene.ts'
import { failing, instance, MINUTE, NOW, passing, policy, SECOND } from '../../support/pure/view.ts'

const WELL: Scene = { node: { conditions: [READY] }, clocks: [passing()] }
const BLIND = { parts: { sight: { blindSince: NOW - MINUTE } } }
const CLOUD_DOWN = { parts: { sight: { cloud: { downSince: NOW, reason: 'CloudUnavailable' as const, message: '' } } } }
const PAUSED = { parts: { switches: { paused: { reason: 'true', until: undefined } } } }

/** The timer of the scene's repair one second later. */
function tick(scene: Scene, before: Partial<RepairTimer> = { countedMs: 10, wellMs: 20, goneMs: 30 }): RepairTimer {
  const one = scene.repair ?? pending()
  const timers = new Map([[one.name, { ...newTimer(one), ...before }]])
  const after = runTimers(timers, viewOf(scene), policy(), SECOND).get(one.name)
  if (after === undefined) throw new Error('the timer is gone')
  return after
}

const acting = { repair: inPhase('Acting') }
const draining = { repair: pending({ phase: 'Draining' }) }
const verifying = { repair: inPhase('Verifying') }
const soaking = { repair: inPhase('Soaking') }

t.test('time counts only while it is seen and nothing holds the repair', async (t) => {
  const counts = (scene: Scene, expected: boolean, why: string): void =>
    void t.equal(tick(scene).countedMs, expected ? 10 + SECOND : 10, why)
  for (const [name, phase] of Object.entries({ acting, draining, verifying, soaking })) {
    counts(phase, true, name)
    counts({ ...phase, ...BLIND }, false, `${name}: not while blind`)
    counts({ ...phase, ...CLOUD_DOWN }, name === 'soaking', `${name}: the cloud is down`)
    counts({ ...phase, ...PAUSED }, name === 'verifying' || name === 'soaking', `${name}: paused`)
  }
})

t.test('a new stage starts at zero, and what was known of an older step is forgotten', async (t) => {
  const other = { stage: 'Pending//0', countedMs: 10, stepKnown: true, drain: { left: 1, blocked: [] } }
  t.match(tick(acting, other), { countedMs: 0, stepKnown: false, drain: undefined, stage: 'Acting/reboot-soft/1' })
  t.match(tick(acting, { stepKnown: true, countedMs: 10 }), { countedMs: 10 + SECOND, stepKnown: true })
})

t.test('well counts without a break: ill starts anew, unknown stands still', async (t) => {
  t.equal(tick(WELL).wellMs, 20 + SECOND)
  t.equal(tick({ ...WELL, clocks: [failing(1)] }).wellMs, 0)
  t.equal(tick({ ...WELL, ...BLIND }).wellMs, 20)
  const unknown = { ...passing(), finding: { status: 'unknown', reason: 'Timeout', seenAt: NOW } } as const
  t.equal(tick({ ...WELL, clocks: [unknown] }).wellMs, 20)
})

t.test('the Node counts as gone only while we see, and anew each time', async (t) => {
  t.equal(tick({ node: null }).goneMs, 30 + SECOND)
  t.equal(tick({ node: null, ...BLIND }).goneMs, 30)
  t.equal(tick({ node: null, ...CLOUD_DOWN }).goneMs, 30)
  t.equal(tick({}).goneMs, 0)
})

t.test('timers are of open repairs only, and a new leader has none', async (t) => {
  const timers = runTimers(new Map(), viewOf({ repair: inPhase('Soaking') }), policy(), 99 * MINUTE)
  t.match(timers.get('w0-1'), { countedMs: 0, wellMs: 0, goneMs: 0, stepKnown: false })
  const done = viewOf({ repair: pending({ phase: 'Succeeded' }) })
  t.equal(runTimers(new Map([['w0-1', newTimer(pending())]]), done, policy(), SECOND).size, 0)
})

t.test('of a replaced machine the Node of the new one counts, whatever its name', async (t) => {
  const replacement = { instance: { id: 'machine-new', name: 'w9' } }
  const one = inPhase('Verifying', 'replace', { replacement })
  t.equal(tick({ repair: one }).goneMs, 30 + SECOND, 'not joined yet')
  const w9 = instance('w9', {}, { located: { found: { id: 'machine-new', name: 'w9' } } })
  t.equal(tick({ repair: one, parts: { instances: { w9 } } }).goneMs, 0)
})

t.test(
  'well is: every check passes, Ready by the kubelet, heartbeat fresh; who can not look knows nothing',
  async (t) => {
    const of = (scene: Scene): string => {
      const picture = viewOf(scene)
      return nodeHealth(picture.nodes.get('w0'), picture, policy())
    }
    t.equal(of(WELL), 'well')
    t.equal(of({ ...WELL, clocks: [] }), 'well')
    t.equal(of({ ...WELL, node: {} }), 'ill', 'not Ready')
    t.equal(of({ ...WELL, node: { conditions: [] } }), 'ill', 'no word of Ready')
    t.equal(of({ ...WELL, node: { conditions: [READY], deleting: true } }), 'ill')
    t.equal(of({ ...WELL, node: null }), 'ill')
    t.equal(of({ ...WELL, heartbeatAgeMs: 40 * SECOND }), 'well')
    t.equal(of({ ...WELL, heartbeatAgeMs: 40 * SECOND + 1 }), 'ill')
    t.equal(of({ ...WELL, parts: { rest: { heartbeats: new Map() } } }), 'unknown')
    t.equal(of({ ...WELL, clocks: [passing(), failing(1)] }), 'ill')
    const stale = { ...passing(), finding: { status: 'pass', reason: 'Ok', seenAt: 0, validUntil: NOW - 1 } } as const
    t.equal(of({ ...WELL, clocks: [passing(), stale] }), 'unknown', 'an answer past its time')
    t.equal(of({ ...WELL, clocks: [stale, failing(1)] }), 'ill')
  },
)

import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../src/core/decide.ts'
import { type NodeRepair, runningAttempt } from '../../src/core/model/node-repair.ts'
import { issuedStatus, lookTwice } from '../../src/core/second-look.ts'
import { aboutToAct, anyScene } from '../support/pure/arbitrary-scene.ts'
import { inPhase, next, pending, running, type Scene, viewOf } from '../support/pure/scene.ts'
import { instance, NOW, plan, policy, repair, rung } from '../support/pure/view.ts'

const RUNS = { numRuns: 1_000 }

/** The second look at the scene's own repair, for the rung that the verdict names, or else `reboot-soft`. */
function look(scene: Scene, before: NodeRepair = scene.repair ?? pending()) {
  const seen = viewOf(scene)
  const rules = policy(scene.policy)
  const verdict = decide(seen, rules).verdicts.get('w0')
  const name = verdict?.rung === undefined || verdict.rung === 'human' ? 'reboot-soft' : verdict.rung
  return { verdict, seen, rules, answer: lookTwice(before, { rung: rung(name), batch: undefined }, seen, rules) }
}

t.test('nothing begins that the gates do not want, in dry-run, blind, on a withdrawn repair or twice', async (t) => {
  let yes = 0
  const rule = (scene: Scene): boolean => {
    const { answer, verdict, seen } = look(scene)
    if ('no' in answer) return true
    yes += 1
    const { repair: one, attempt } = answer.yes
    return (
      verdict?.kind === 'repair' &&
      verdict.rung === attempt.rung &&
      !seen.switches.dryRun &&
      seen.sight.blindSince === undefined &&
      !one.deleting &&
      runningAttempt(one) === undefined
    )
  }
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(aboutToAct, anyScene), rule), RUNS))
  t.ok(yes > 50, `${yes} of them may begin`)
})

t.test('what has not changed since the decision is agreed to, and so is it each time', async (t) => {
  const due = aboutToAct.filter((scene) => 'do' in next(scene) && JSON.stringify(next(scene)).includes('"do":"issue"'))
  const rule = (scene: Scene): boolean => {
    const answers = [look(scene).answer, look(scene).answer]
    return 'yes' in answers[0]! && JSON.stringify(answers[0]) === JSON.stringify(answers[1])
  }
  t.doesNotThrow(() => fc.assert(fc.property(due, rule), { numRuns: 300 }))
})

t.test('a new attempt gets the next number, and those before it stay as they are', async (t) => {
  const rule = (scene: Scene): boolean => {
    const { answer, seen } = look(scene)
    if ('no' in answer) return true
    const { attempts: before = [] } = answer.yes.repair.status ?? {}
    const { phase, attempts } = issuedStatus(answer.yes, answer.yes.repair, answer.yes.node, seen)
    const last = attempts.at(-1)
    const isLater = before.every(({ id }) => id < (last?.id ?? 0))
    return phase === 'Acting' && isLater && last?.state === 'Issued' && attempts.slice(0, -1).every(same(before))
  }
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(aboutToAct, anyScene), rule), RUNS))
})

function same<T>(others: readonly T[]): (one: T, index: number) => boolean {
  return (one, index) => JSON.stringify(one) === JSON.stringify(others[index])
}

t.test(
  'a repair that is another one now, has begun meanwhile or has lost its Node ends it without a word',
  async (t) => {
    const cases: Readonly<Record<string, [Scene, NodeRepair?]>> = {
      'another one by its name': [{ repair: { ...pending(), uid: 'another' } }, pending()],
      'an attempt under way': [{ repair: inPhase('Acting') }, pending()],
      'a withdrawal': [{ repair: { ...pending(), deleting: true } }, pending()],
      'no Node': [{ node: null }],
    }
    for (const [name, [scene, before]] of Object.entries(cases)) t.same(look(scene, before).answer, { no: true }, name)
  },
)

t.test('a gate that says no now is named', async (t) => {
  const { answer } = look({ parts: { switches: { paused: { reason: 'true', until: undefined } } } })
  t.match(answer, { no: true, said: { reason: 'SecondLookDisagrees', message: /^w0: .*paused/ } })
})

t.test('a lock that is held, or a machine that left its batch, is no yes', async (t) => {
  const plans = [plan('reboot-soft', { lockKey: 'stack', batchKey: 'pool-a' })]
  const scene: Scene = { repair: pending({ attempts: [running('start', { state: 'Failed' })] }) }
  const seen = viewOf({ ...scene, instance: instance('w0', {}, { plans }) })
  const rules = policy({ inFlight: { pool: { percent: 100, min: 9 }, masters: 1 } })
  const one = scene.repair ?? pending()
  const wants = (key: string | undefined, view = seen) =>
    lookTwice(one, { rung: rung('reboot-soft'), batch: key === undefined ? undefined : { id: 'b', key } }, view, rules)
  t.match(wants('pool-a'), { yes: { attempt: { order: { key: /@b$/ } } } })
  t.same(wants('pool-b'), { no: true })
  const other = repair('w1', { phase: 'Acting', rung: 'reboot-soft' })
  const locked = {
    ...seen,
    repairs: new Map([...seen.repairs, [other.name, other]]),
    instances: new Map([...seen.instances, ['w1', instance('w1', {}, { plans })]]),
  }
  const answer = wants(undefined, locked)
  t.ok('no' in answer && (answer.notBefore ?? 0) > NOW, 'it is asked again a while later')
})

t.test('the cordon is ours only when the Node says so, and never again once a person has lifted it', async (t) => {
  const { answer, seen } = look({})
  if ('no' in answer) return t.fail('it may begin')
  const { yes: intent } = answer
  const marked = (cordon: boolean) => ({
    ...intent.node,
    annotations: { 'heald.dev/marks': JSON.stringify({ repair: 'w0-1', cordon, scaleDownDisabled: true }) },
  })
  t.equal(issuedStatus(intent, intent.repair, marked(true), seen).cordon, 'ours')
  t.equal(issuedStatus(intent, intent.repair, marked(false), seen).cordon, undefined)
  const lifted = look({ repair: pending({ cordon: 'lifted-by-person' }) }).answer
  t.match(lifted, { yes: { cordon: false } })
  if ('yes' in lifted) {
    t.equal(issuedStatus(lifted.yes, lifted.yes.repair, marked(true), seen).cordon, 'lifted-by-person')
  }
})

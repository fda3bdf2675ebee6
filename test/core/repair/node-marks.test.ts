import fc from 'fast-check'
import t from 'tap'
import type { NodeRepair } from '../../../src/core/model/node-repair.ts'
import { isOpen } from '../../../src/core/model/node-repair.ts'
import { isLiftedByPerson, needsCordon, releaseOf } from '../../../src/core/repair/node-marks.ts'
import { anyScene } from '../../support/pure/arbitrary-scene.ts'
import { inPhase, pending, running, type Scene, viewOf } from '../../support/pure/scene.ts'
import { node, repair } from '../../support/pure/view.ts'

const MARKS = { repair: 'w0-1', cordon: true, scaleDownDisabled: true }

function nodeWith(marks: object | string = MARKS, unschedulable = true) {
  const text = typeof marks === 'string' ? marks : JSON.stringify(marks)
  return node('w0', { unschedulable, annotations: { 'heald.dev/marks': text } })
}

/** What goes back, in a word. */
function back(one: NodeRepair | undefined, facts = nodeWith(), change: Scene = {}): string {
  const { repairs, ...rest } = viewOf({ ...change, repair: one ?? repair('w1', { phase: 'Acting' }) })
  const release = releaseOf(facts, { ...rest, repairs })
  if (release === undefined) return 'nothing'
  const { remember, keepCordon } = release
  return [...(remember === undefined ? [] : ['remember']), 'marks', ...(keepCordon ? [] : ['cordon'])].join(' ')
}

t.test('marks go back when no repair needs them', async (t) => {
  const table: readonly (readonly [NodeRepair | undefined, string])[] = [
    [undefined, 'marks cordon'],
    [pending(), 'marks cordon'],
    [pending({ attempts: [running('start', { state: 'Failed' })] }), 'nothing'],
    [pending({ phase: 'Draining' }), 'nothing'],
    [inPhase('Acting'), 'nothing'],
    [inPhase('Verifying'), 'nothing'],
    [inPhase('Soaking'), 'nothing'],
    [repair('w0', { phase: 'Parked' }), 'nothing'],
    [repair('w0', { phase: 'Succeeded' }), 'marks cordon'],
    [repair('w0', { phase: 'Cancelled' }), 'marks cordon'],
  ]
  for (const [one, expected] of table) t.equal(back(one), expected, one?.status?.phase ?? 'no repair')
})

t.test('a person who uncordoned is remembered once, and keeps every cordon that comes after', async (t) => {
  t.equal(back(inPhase('Acting'), nodeWith(MARKS, false)), 'remember marks')
  t.equal(back(inPhase('Acting', 'start', { cordon: 'lifted-by-person' })), 'marks')
  t.equal(back(repair('w0', { phase: 'Succeeded', cordon: 'lifted-by-person' })), 'marks')
})

t.test('what can not be read, is garbage or is busy stays as it is', async (t) => {
  t.equal(back(undefined, nodeWith(''), {}), 'nothing')
  t.equal(back(undefined, node('w0')), 'nothing')
  t.equal(back(pending(), nodeWith(), { parts: { rest: { unreadable: new Map([['w0', 'garbage']]) } } }), 'nothing')
  t.equal(back(pending(), nodeWith(), { timer: { busy: true } }), 'nothing')
})

t.test('no switch keeps a mark, and no open repair that has begun loses one but by a person', async (t) => {
  const rule = (scene: Scene, cordoned: boolean): boolean => {
    const seen = viewOf(scene)
    const facts = nodeWith(MARKS, cordoned)
    const release = releaseOf(facts, seen)
    const free = { dryRun: true, stopped: true, paused: { reason: '', until: undefined } }
    const switched = releaseOf(facts, { ...seen, switches: { ...seen.switches, ...free } })
    if (JSON.stringify(release) !== JSON.stringify(switched)) return false
    const one = seen.repairs.get('w0-1')
    const begun = one !== undefined && isOpen(one) && one.status?.phase !== 'Pending'
    return !begun || release === undefined || isLiftedByPerson(one, facts)
  }
  t.doesNotThrow(() => fc.assert(fc.property(anyScene, fc.boolean(), rule), { numRuns: 1_000 }))
})

t.test('a drain cordons a node that is open to pods, unless a person has opened it', async (t) => {
  t.equal(needsCordon(pending(), node('w0')), true)
  t.equal(needsCordon(pending(), node('w0', { unschedulable: true })), false, 'whoever cordoned it')
  t.equal(needsCordon(pending(), nodeWith(MARKS, false)), false, 'ours was lifted')
  t.equal(needsCordon(pending(), nodeWith({ ...MARKS, repair: 'w0-0' }, false)), true, 'that was another repair')
  t.equal(needsCordon(pending({ cordon: 'lifted-by-person' }), node('w0')), false)
})

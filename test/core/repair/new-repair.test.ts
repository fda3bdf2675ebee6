import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../../src/core/decide.ts'
import { type NodeRepair, takesSlot } from '../../../src/core/model/node-repair.ts'
import { dryRunRepair, isStandInOver, newRepair, onlyLooks, wantsRepair } from '../../../src/core/repair/new-repair.ts'
import { anyScene } from '../../support/pure/arbitrary-scene.ts'
import { pending, type Scene, viewOf } from '../../support/pure/scene.ts'
import { failing, instance, MINUTE, oneBrokenWorker, passing, policy } from '../../support/pure/view.ts'

const OPENER = { provider: 'pretend', policyHash: 'hash' }

t.test('the record of a new incident says of whom, by what, and since when', async (t) => {
  const seen = viewOf({ clocks: [failing(10 * MINUTE), passing({ name: 'another' })] })
  const fresh = newRepair('w0', seen, OPENER)
  t.match(fresh, {
    name: /^w0-/,
    spec: { nodeName: 'w0', nodeUID: 'uid-w0', role: 'worker', instance: { id: 'machine-w0' }, ...OPENER, epoch: 0 },
    said: { reason: 'RepairOpened', message: /for 600s$/ },
  })
  t.equal(fresh?.spec.evidence.length, 1, 'what passes is no evidence')
  t.notOk(seen.repairs.has(fresh?.name ?? ''), 'a name that no other repair has')
  t.equal(
    newRepair('w0', viewOf({ instance: instance('w0', {}, { located: { gone: true, slot: true } }) }), OPENER)?.spec
      .instance,
    undefined,
  )
})

t.test('of a node that nobody knows or suspects, nothing is recorded', async (t) => {
  t.equal(newRepair('unknown', viewOf({}), OPENER), undefined)
  t.equal(newRepair('w0', viewOf({ node: null }), OPENER), undefined)
})

t.test('a repair opens only where every gate passes and none is open', async (t) => {
  const rule = (scene: Scene): boolean =>
    [...decide(viewOf(scene), policy(scene.policy)).verdicts.values()].every(
      (verdict) => wantsRepair(verdict) === (verdict.gates.every(({ pass }) => pass) && verdict.repair === undefined),
    )
  t.doesNotThrow(() => fc.assert(fc.property(anyScene, rule), { numRuns: 500 }))
  const [verdict] = decide(oneBrokenWorker(), policy()).verdicts.values()
  t.ok(verdict !== undefined && wantsRepair(verdict))
})

t.test("dry-run's stand-in takes its slot as long as dry-run is on and the node fails, and no longer", async (t) => {
  const switches = { dryRun: true }
  const seen = viewOf({ parts: { switches } })
  const stand = dryRunRepair('w0', seen, OPENER)
  if (stand === undefined) return t.fail('there is one')
  t.match(stand, { name: 'dry-run/w0', uid: '', status: { phase: 'Verifying', reason: 'DryRun', attempts: [] } })
  t.ok(takesSlot(stand))
  t.equal(isStandInOver(stand, seen), false)
  t.equal(isStandInOver(stand, viewOf({})), true, 'dry-run is off')
  t.equal(isStandInOver(stand, viewOf({ parts: { switches }, clocks: [passing()] })), true, 'the node is well')
  t.equal(isStandInOver(stand, viewOf({ parts: { switches }, node: null })), true, 'the Node is gone')
})

t.test('dry-run writes nothing, but an open repair goes on to its end', async (t) => {
  const of = (dryRun: boolean, one: NodeRepair) => onlyLooks(viewOf({ repair: one, parts: { switches: { dryRun } } }))
  t.equal(of(true, pending()), false)
  t.equal(of(true, { ...pending(), uid: '' }), true, 'stand-ins are no repairs')
  t.equal(of(true, pending({ phase: 'Succeeded' })), true)
  t.equal(of(false, pending({ phase: 'Succeeded' })), false)
})

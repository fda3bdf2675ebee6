import t from 'tap'
import { advance } from '../../../src/core/repair/phases/advance.ts'
import { keepWithdrawn } from '../../../src/core/repair/withdrawn.ts'
import { attempt, oneBrokenWorker, policy, repair } from '../../support/pure/view.ts'

const ATTEMPTS = [attempt({ state: 'Confirmed', finishedAt: undefined })]
const DELETED = repair(
  'w0',
  { phase: 'Cancelled', reason: 'Withdrawn', attempts: ATTEMPTS, cordon: 'ours' },
  { deleting: true, finalizers: ['heald.dev/repair'], name: 'w0-uidw0-1' },
)

t.test('what a deleted repair did is kept in another one, parked, before it goes', async (t) => {
  const view = oneBrokenWorker({ repairs: [DELETED] })
  const effect = advance(DELETED, view, policy(), undefined)
  t.match(effect, {
    do: 'keep',
    name: 'w0-uidw0-2',
    status: { phase: 'Parked', reason: 'Withdrawn', attempts: ATTEMPTS, cordon: undefined, finishedAt: undefined },
    said: { message: /until it is well, or `heald resume w0`/ },
  })
  const kept = repair('w0', { phase: 'Parked', reason: 'Withdrawn', attempts: ATTEMPTS }, { name: 'w0-uidw0-2' })
  t.match(advance(DELETED, oneBrokenWorker({ repairs: [DELETED, kept] }), policy(), undefined), { do: 'release' })
})

t.test('what a leader opened for that before it died is taken, sealed by its successor or not', async (t) => {
  for (const status of [undefined, { phase: 'Pending' as const }]) {
    const half = repair('w0', status, { name: 'w0-uidw0-2' })
    t.match(keepWithdrawn(DELETED, oneBrokenWorker({ repairs: [DELETED, half] })), { name: 'w0-uidw0-2' })
  }
})

t.test("the name that it gets is not another heald's either", async (t) => {
  const theirs = repair('w0', { phase: 'Verifying' }, { name: 'w0-uidw0-2', spec: { owner: 'a/b' } })
  const rest = { installation: { owner: 'kube-system/heald', others: new Map([[theirs.name, theirs]]) } }
  t.match(keepWithdrawn(DELETED, oneBrokenWorker({ repairs: [DELETED], rest })), { name: 'w0-uidw0-3' })
})

t.test('a repair that ended by itself, and is deleted later, leaves nothing behind', async (t) => {
  for (const one of [
    { ...DELETED, deleting: false },
    repair('w0', { phase: 'Succeeded', reason: 'Repaired', attempts: ATTEMPTS }, { deleting: true }),
  ]) {
    t.equal(keepWithdrawn(one, oneBrokenWorker({ repairs: [one] })), undefined)
  }
})

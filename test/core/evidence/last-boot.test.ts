import t from 'tap'
import { lastBoot } from '../../../src/core/evidence/last-boot.ts'
import { instance, MINUTE, NOW } from '../../support/pure/view.ts'

const rebooted = instance('w0', { bootMark: 'mark-2' }).state

t.test('a boot is later than the last look that saw the boot before it', async (t) => {
  t.equal(lastBoot(instance('w0', { bootMark: 'mark-1' }), rebooted), NOW)
  const again = instance('w0', { bootMark: 'mark-2' }, { bootedAfter: NOW - MINUTE })
  t.equal(lastBoot(again, rebooted), NOW - MINUTE, 'and stays so while no other boot is seen')
})

t.test('the first look, a cloud without boot marks and another machine tell of no boot', async (t) => {
  t.equal(lastBoot(undefined, rebooted), undefined)
  t.equal(lastBoot(instance('w0'), rebooted), undefined)
  t.equal(lastBoot(instance('w0', { bootMark: 'mark-1' }), instance('w0').state), undefined)
  t.equal(lastBoot(instance('w9', { bootMark: 'mark-1' }), rebooted), undefined)
})

t.test('of a boot while the cloud did not answer nobody knows when it was', async (t) => {
  const error = { kind: 'unavailable', message: 'away' } as const
  t.equal(lastBoot(instance('w0', { bootMark: 'mark-1' }, { error }), rebooted), undefined)
})

import t from 'tap'
import type { RungName } from '../../../../src/core/model/rungs.ts'
import { flat, inPhase, next, READY, rebooted } from '../../../support/pure/scene.ts'
import { MINUTE, NOW, passing, SECOND } from '../../../support/pure/view.ts'

/** Its check has passed for so long, in a proof that has run for a minute, while the boot of before was last seen so long ago. */
function proving(wellMs: number, bootedAgoMs: number, rung: RungName = 'reboot-hard'): object {
  return flat(
    next({
      repair: inPhase('Verifying', rung),
      node: { conditions: [READY], bootID: 'boot-2' },
      clocks: [{ ...passing(), passingSince: NOW - wellMs }],
      instance: rebooted({ bootedAfter: NOW - bootedAgoMs }),
      timer: { countedMs: MINUTE, wellMs: MINUTE },
    }),
  )
}

t.test('a node that was well while the cloud still showed its old boot was not helped by the reboot', async (t) => {
  t.match(proving(2 * MINUTE, MINUTE), { status: { phase: 'Soaking', reason: 'RecoveredFirst' } })
  t.match(proving(30 * SECOND, MINUTE), { status: { phase: 'Soaking', reason: undefined } }, 'well after the new boot')
  t.match(proving(70 * SECOND, MINUTE), { status: { reason: undefined } }, 'the cloud may have been slow to answer')
})

t.test('only a reboot is doubted: what is started or replaced has no life of before', async (t) => {
  t.match(proving(2 * MINUTE, MINUTE, 'start'), { status: { phase: 'Soaking', reason: undefined } })
})

t.test('it ends as no proof that the rung helps', async (t) => {
  const soaked = (reason?: 'RecoveredFirst'): object =>
    flat(
      next({
        repair: inPhase('Soaking', 'reboot-hard', reason === undefined ? {} : { reason }),
        node: { conditions: [READY], bootID: 'boot-2' },
        clocks: [passing()],
        instance: rebooted(),
        timer: { countedMs: 10 * MINUTE, wellMs: 10 * MINUTE },
      }),
    )
  t.match(soaked('RecoveredFirst'), {
    status: { phase: 'Succeeded', reason: 'RecoveredFirst', message: /was well before reboot-hard could have helped/ },
  })
  t.match(soaked(), { status: { phase: 'Succeeded', reason: 'Repaired', message: /reboot-hard helped/ } })
})

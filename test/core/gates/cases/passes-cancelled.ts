import { HOUR, MINUTE, oneBrokenWorker, SECOND } from '../../../support/pure/view.ts'
import type { PassCase } from './passes-alone.ts'
import { cancelled } from './pictures-of-waits.ts'

/** Repairs of it that ended before anything was done. */
export const PASSES_CANCELLED: readonly PassCase[] = [
  ...(['Recovered', 'Resumed'] as const).map(
    (reason): PassCase => [
      `its repairs were cancelled a moment ago: ${reason}`,
      oneBrokenWorker({ repairs: [cancelled('a', SECOND, reason), cancelled('b', 2 * SECOND, reason)] }),
    ],
  ),
  ['its repair was cancelled a minute ago', oneBrokenWorker({ repairs: [cancelled('a', MINUTE)] })],
  [
    'two were cancelled in six hours, the last two minutes ago',
    oneBrokenWorker({ repairs: [cancelled('a', 2 * MINUTE), cancelled('b', 5 * HOUR), cancelled('c', 6 * HOUR)] }),
  ],
  [
    'a repair of an earlier Node of its name was cancelled a moment ago',
    oneBrokenWorker({ repairs: [cancelled('a', SECOND, 'NodeReplaced', 'uid-before')] }),
  ],
  ['its repair was cancelled in an hour to come', oneBrokenWorker({ repairs: [cancelled('a', -HOUR)] })],
]

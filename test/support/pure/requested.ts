import type { CheckClock } from '../../../src/core/model/finding.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import type { Suspicion } from '../../../src/core/model/view.ts'
import { CALENDAR, failing, HOUR, SECOND, suspicion } from './view.ts'

/** A node of which nothing is known but `clocks`, and that a person asks for its repair. */
export function requested(name: string, rung?: RungName, clocks: readonly CheckClock[] = []): Suspicion {
  const until = new Date(CALENDAR + HOUR).toISOString()
  const request = { reason: 'INC-7', until, by: 'alice', ...(rung === undefined ? {} : { rung }) }
  const named = { name: 'Request', type: 'Request', plane: 'person', symptom: 'AskedFor' } as const
  return suspicion(name, [...clocks, failing(SECOND, { ...named, unhealthyDurationMs: 0 })], { request })
}

import type { Clock } from '../../core/ports/clock.ts'
import type { Contact } from './http.ts'

/** HTTP's Date has whole seconds, rounded down: the middle of the second errs least. */
const HALF_SECOND = 500

export interface ContactRecorder extends Contact {
  /** Headers arrived. */
  heard(date: string | undefined): void
  /** A whole answer arrived. */
  answered(status: number): void
}

export function createContact(clock: Clock): ContactRecorder {
  let answerAt: number | undefined
  let offset: number | undefined

  const calendar = (): number => (offset === undefined ? clock.wall() : clock.now() + offset)
  return {
    lastAnswerAt: () => answerAt,
    calendar,
    skewMs: () => (offset === undefined ? 0 : clock.wall() - calendar()),
    heard(date) {
      const at = Date.parse(date ?? '')
      if (!Number.isNaN(at)) offset = at + HALF_SECOND - clock.now()
    },
    answered(status) {
      if (status < 500) answerAt = clock.now()
    },
  }
}

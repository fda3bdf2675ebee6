import { formatDuration } from '../../../lib/pure/duration.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import { toMonotonic } from '../../round/round.ts'

const NAME = 'StartupGrace'
const OK = ok(NAME)
export const TOO_YOUNG = 'TooYoung'

/** A young node may still be starting: installing, pulling images, joining. */
export const startupGrace: Gate = {
  name: NAME,
  begin:
    ({ view, policy }) =>
    ({ node, present, detail }) => {
      if (!present) return OK
      const graceMs = policy.checkDelayAfterAddMs
      if (node.createdAt === undefined || !Number.isFinite(node.createdAt)) {
        const message =
          'the creation time of the Node object cannot be read, so nobody knows whether it is still starting'
        return no(NAME, { reason: 'AgeUnknown', message, need: { ageMs: graceMs } })
      }
      const ageMs = view.calendar - node.createdAt
      if (ageMs >= graceMs) {
        return detail ? yes(NAME, `the node is ${formatDuration(ageMs)} old`, { ageMs }, { ageMs: graceMs }) : OK
      }
      return no(NAME, {
        reason: TOO_YOUNG,
        message: `the node is ${formatDuration(Math.max(0, ageMs))} old; it is judged from ${formatDuration(graceMs)} on`,
        have: { ageMs },
        need: { ageMs: graceMs },
        changesAt: toMonotonic(view, node.createdAt + graceMs),
      })
    },
}

import { formatDuration } from '../../../lib/pure/duration.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import { rungName } from '../../round/round.ts'

const NAME = 'Rung'
const OK = ok(NAME)

/** The next rung of the ladder must be possible now: the cloud may ask to wait, and a reboot may need its time. */
export const rung: Gate = {
  name: NAME,
  begin:
    ({ view, policy }) =>
    (subject) => {
      const { next, node, repair, suspicion, detail } = subject
      if (policy.roles[node.role].ladder.length === 0) {
        const message = `the configuration allows no rung for ${node.role}s: there is nothing that heald may do`
        return no(NAME, { reason: 'EmptyLadder', message, have: [], need: null })
      }
      const asked = suspicion?.request?.rung
      if (asked !== undefined && !policy.roles[node.role].ladder.some((entry) => entry.rung === asked)) {
        const ladder = policy.roles[node.role].ladder.map((entry) => entry.rung)
        const message = `a person asks for ${asked}, and the ladder of ${node.role}s is ${ladder.join(', ')}`
        return no(NAME, { reason: 'RungNotOnLadder', message, have: asked, need: ladder })
      }
      if (next.hold !== undefined) return no(NAME, { ...next.hold, have: rungName(subject) })
      if (next.waitUntil !== undefined) {
        const message = `${rungName(subject)} waits for another ${formatDuration(next.waitUntil - view.now)} after the reboot`
        return no(NAME, { reason: 'DelayAfterReboot', message, have: rungName(subject), changesAt: next.waitUntil })
      }
      if (!detail) return OK
      const skipped = next.skipped.map(({ rung: name, reason }) => `${name} (${reason})`).join(', ')
      const passed = skipped === '' ? '' : `; passed over: ${skipped}`
      const message =
        next.rung === 'human'
          ? `no rung is left${repair === undefined ? ' that can help' : ''}`
          : `${next.rung.rung} comes next`
      return yes(NAME, `${message}${passed}`, rungName(subject))
    },
}

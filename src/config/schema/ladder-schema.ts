import { z } from 'zod'
import type { Role } from '../../core/model/primitives.ts'
import { RUNG_DEFAULTS, RUNGS, type RungName } from '../../core/model/rungs.ts'
import { formatDuration } from '../../lib/pure/duration.ts'
import { duration } from '../../lib/schema/duration.ts'

/** Files of magnum-auto-healer neither drain nor ask. */
function rungSchema(rung: RungName, role: Role, compat: boolean) {
  const { deadlineMs, verifyMs, soakMs, drainMs } = RUNG_DEFAULTS[rung]
  return z.strictObject({
    rung: z.literal(rung).describe('The kind of action.'),
    deadline: duration({ min: '1s' })
      .prefault(formatDuration(deadlineMs))
      .describe('How long the cloud may take until it says that the action is done; then the next rung is due.'),
    verify: duration({ min: '1s' })
      .prefault(formatDuration(verifyMs))
      .describe('How long the node may take until it has a new boot, is Ready and passes the failing check.'),
    soak: duration()
      .prefault(formatDuration(soakMs))
      .describe('How long the node must then stay healthy before the repair counts as succeeded.'),
    drain: duration()
      .prefault(formatDuration(compat ? 0 : drainMs))
      .describe(
        'How long pods may take to leave before the action, PodDisruptionBudgets respected; then the repair goes on. ' +
          '0s does not drain. A silent node is never drained.',
      ),
    approval: z
      .boolean()
      .prefault(!compat && rung === 'replace' && role === 'master')
      .describe('Whether a person must approve this action first (`heald approve`).'),
  })
}

export function ladderSchema(role: Role, compat: boolean) {
  const [weakest, ...others] = RUNGS
  const rungs = z.discriminatedUnion('rung', [
    rungSchema(weakest, role, compat),
    ...others.map((rung) => rungSchema(rung, role, compat)),
  ])
  return z
    .array(rungs)
    .superRefine((ladder, context) => {
      for (const [index, { rung }] of ladder.entries()) {
        if (ladder.findIndex((other) => other.rung === rung) === index) continue
        const message = `the rung ${rung} stands on this ladder twice; keep one`
        context.addIssue({ code: 'custom', path: [index, 'rung'], message, input: rung })
      }
    })
    .prefault(RUNGS.map((rung) => ({ rung })))
    .describe(
      `What is tried on a ${role}, in this order; after the last rung a person is asked. ` +
        'A rung that does not fit or is not possible is skipped. An empty list never acts.',
    )
}

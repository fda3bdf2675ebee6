import { z } from 'zod'
import type { Role } from '../../core/model/primitives.ts'
import { RUNGS, type RungName } from '../../core/model/rungs.ts'
import { duration } from './fields.ts'

interface RungDefaults {
  readonly deadline: string
  readonly verify: string
  readonly soak: string
  readonly drain: string
  readonly approval: boolean
}

/** The ladder table of docs/architecture.md §4. */
const DEFAULTS: Readonly<Record<RungName, RungDefaults>> = {
  start: { deadline: '5m', verify: '5m', soak: '2m', drain: '0s', approval: false },
  'reboot-soft': { deadline: '5m', verify: '5m', soak: '5m', drain: '0s', approval: false },
  'reboot-hard': { deadline: '5m', verify: '10m', soak: '5m', drain: '0s', approval: false },
  replace: { deadline: '20m', verify: '15m', soak: '10m', drain: '5m', approval: false },
}

/** The defaults of one rung. Files of magnum-auto-healer neither drain nor ask. */
export function rungDefaults(rung: RungName, role: Role, compat: boolean): RungDefaults {
  const base = DEFAULTS[rung]
  if (compat) return { ...base, drain: '0s' }
  return { ...base, approval: rung === 'replace' && role === 'master' }
}

function rungSchema<R extends RungName>(rung: R, role: Role, compat: boolean) {
  const defaults = rungDefaults(rung, role, compat)
  return z.strictObject({
    rung: z.literal(rung).describe('The kind of action.'),
    deadline: duration({ min: '1s' })
      .prefault(defaults.deadline)
      .describe('How long the cloud may take until it says that the action is done; then the next rung is due.'),
    verify: duration({ min: '1s' })
      .prefault(defaults.verify)
      .describe('How long the node may take until it has a new boot, is Ready and passes the failing check.'),
    soak: duration()
      .prefault(defaults.soak)
      .describe('How long the node must then stay healthy before the repair counts as succeeded.'),
    drain: duration()
      .prefault(defaults.drain)
      .describe(
        'How long pods may take to leave before the action, PodDisruptionBudgets respected; then the repair goes on. ' +
          '0s does not drain. A silent node is never drained.',
      ),
    approval: z
      .boolean()
      .prefault(defaults.approval)
      .describe('Whether a person must approve this action first (`heald approve`).'),
  })
}

export function ladderSchema(role: Role, compat: boolean) {
  const rungs = z.discriminatedUnion('rung', [
    rungSchema('start', role, compat),
    rungSchema('reboot-soft', role, compat),
    rungSchema('reboot-hard', role, compat),
    rungSchema('replace', role, compat),
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

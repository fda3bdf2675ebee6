import t from 'tap'
import { SKIP } from '../../../src/core/annotations/skip.ts'
import type { RungPolicy } from '../../../src/core/model/policy.ts'
import {
  attemptFailed,
  cancelled,
  flat,
  held,
  inPhase,
  issues,
  issuesHard,
  next,
  parked,
  pending,
  READY,
  type Row,
  rebooted,
  recovers,
  running,
  type Scene,
  succeeded,
  verified,
  waits,
} from '../../support/pure/scene.ts'
import { CALENDAR, failing, HOUR, MINUTE, passing, rung } from '../../support/pure/view.ts'

const acting = { repair: inPhase('Acting') }
const verifying = { repair: inPhase('Verifying') }
const soaking = { repair: inPhase('Soaking') }
const deadline = { timer: { countedMs: 5 * MINUTE } }

const WELL: Scene = { node: { conditions: [READY] }, clocks: [passing()], timer: { wellMs: MINUTE, countedMs: MINUTE } }
const PROVEN: Scene = { ...WELL, instance: rebooted() }
const SOAKED: Scene = { ...PROVEN, timer: { wellMs: HOUR, countedMs: 5 * MINUTE } }
const FLAPPING: Scene = { instance: rebooted(), clocks: [failing(MINUTE)] }
const DRY_RUN = { parts: { switches: { dryRun: true } } }
const PAUSED = { parts: { switches: { paused: { reason: 'true', until: undefined } } } }
const NODE_PAUSED = { parts: { switches: { nodes: new Map([['w0', { reason: 'true', until: undefined }]]) } } }
const POOL_PAUSED = { parts: { switches: { pools: new Map([['worker', { reason: 'true', until: undefined }]]) } } }
const EXPIRED = { parts: { switches: { paused: { reason: '1h', until: CALENDAR } } } }
const STOPPED = { parts: { switches: { stopped: true } } }
const draining = pending({ phase: 'Draining', rung: 'reboot-soft' })
const lifted = { cordon: 'lifted-by-person' } as const
const remembered = { status: lifted }

/** What people do, and what does not help: docs/architecture.md §4, lower half of the surprise table. */
const TABLE: Readonly<Record<string, Row>> = {
  'policy changed': {
    before: [
      [
        'its rung is gone: the next allowed one',
        { repair: pending({ rung: 'reboot-soft' }), policy: only(rung('reboot-hard')) },
        issuesHard,
      ],
      ['no rung is allowed any more: cancelled', { policy: only() }, cancelled('PolicyChanged')],
      [
        'its role is not healed any more: hold',
        { policy: only(rung('reboot-soft'), false) },
        held('OptedOut/RoleDisabled'),
      ],
    ],
    acting: [
      ['its rung is gone: observed', { ...acting, policy: only(rung('reboot-hard')) }, recovers],
      ['its role is not healed any more: observed', { ...acting, policy: only(rung('reboot-soft'), false) }, recovers],
      [
        'to its end',
        { ...acting, ...deadline, policy: only(rung('reboot-hard')) },
        attemptFailed('Deadline', 'abandon'),
      ],
    ],
    verifying: [
      [
        'the newest verify rules',
        { ...WELL, ...verifying, policy: only(rung('reboot-soft', { verifyMs: MINUTE })) },
        attemptFailed('VerifyDeadline'),
      ],
    ],
    soaking: [
      [
        'the newest soak rules',
        { ...PROVEN, ...soaking, policy: only(rung('reboot-soft', { soakMs: MINUTE })) },
        succeeded,
      ],
    ],
  },
  'paused, skip': {
    before: [
      ['paused: hold', PAUSED, held('Paused/')],
      ['pool paused: hold', POOL_PAUSED, held('Paused/')],
      ['node paused: hold', NODE_PAUSED, held('Paused/')],
      ['skip: hold', { node: { annotations: { [SKIP]: 'true' } } }, held('OptedOut/')],
      [
        'a drain stops',
        { ...PAUSED, repair: draining, policy: only(rung('reboot-soft', { drainMs: MINUTE })) },
        held('Paused/'),
      ],
      ['an expired pause holds nothing', EXPIRED, issues],
    ],
    acting: [
      ['paused: observed only', { ...acting, ...PAUSED }, recovers],
      ['pool paused: observed only', { ...acting, ...POOL_PAUSED }, recovers],
      ['node paused: observed only', { ...acting, ...NODE_PAUSED }, recovers],
      ['stop file: observed only', { ...acting, ...STOPPED }, recovers],
      ['skip: observed only', { ...acting, node: { labels: { [SKIP]: '' } } }, recovers],
      ['an expired pause holds nothing', { ...acting, ...EXPIRED }, { do: 'step' }],
    ],
    verifying: [['goes on', { ...PROVEN, ...verifying, ...PAUSED }, verified]],
    soaking: [['goes on, ends', { ...SOAKED, ...soaking, ...PAUSED }, succeeded]],
  },
  'dry-run turned on': {
    before: [
      ['cancelled', DRY_RUN, cancelled('DryRun')],
      ['cancelled in the middle of a drain', { ...DRY_RUN, repair: draining }, cancelled('DryRun')],
    ],
    acting: [
      ['observed to the outcome', { ...acting, ...DRY_RUN }, recovers],
      [
        'without an outcome taken back at the deadline, then cancelled',
        { ...acting, ...deadline, ...DRY_RUN },
        { do: 'abandon', status: { phase: 'Cancelled', reason: 'DryRun', attempts: [{ state: 'Failed' }] } },
      ],
    ],
    verifying: [['goes on', { ...PROVEN, ...verifying, ...DRY_RUN }, verified]],
    soaking: [['goes on, ends', { ...SOAKED, ...soaking, ...DRY_RUN }, succeeded]],
  },
  'new leader': {
    before: [['decides anew', { timer: null }, issues]],
    acting: [['recovers by reading, before any step', { ...acting, timer: null }, recovers]],
    verifying: [['verify begins anew', { ...WELL, ...verifying, timer: null }, waits()]],
    soaking: [['soak begins anew', { ...PROVEN, ...soaking, timer: null }, waits(5 * MINUTE)]],
  },
  'a person uncordons': {
    before: [['remembered through a hold', { ...PAUSED, repair: pending(lifted) }, remembered]],
    acting: [
      ['remembered through a failure', { ...deadline, repair: inPhase('Acting', 'reboot-soft', lifted) }, remembered],
    ],
    verifying: [['remembered', { ...PROVEN, repair: inPhase('Verifying', 'reboot-soft', lifted) }, remembered]],
    soaking: [['remembered', { ...SOAKED, repair: inPhase('Soaking', 'reboot-soft', lifted) }, remembered]],
  },
  'verify or soak fails': {
    before: [
      ['then the next rung waits for UnhealthyFor again', { repair: afterFailure(0) }, waits(5 * MINUTE)],
      ['and is issued in the same repair', { repair: afterFailure(5 * MINUTE) }, issuesHard],
    ],
    acting: [
      [
        'a deadline without an outcome takes back first',
        { ...acting, ...deadline },
        attemptFailed('Deadline', 'abandon'),
      ],
    ],
    verifying: [
      [
        'the attempt fails, the repair goes on',
        { ...WELL, ...verifying, ...deadline },
        attemptFailed('VerifyDeadline'),
      ],
      ['not a moment earlier', { ...WELL, ...verifying, timer: { countedMs: 5 * MINUTE - 1 } }, waits(1)],
      [
        'a replacement that never joined is parked: never a second one',
        { ...WELL, repair: inPhase('Verifying', 'replace'), timer: { countedMs: 15 * MINUTE } },
        parked('NeverJoined'),
      ],
    ],
    soaking: [
      ['unhealthy again: the attempt fails', { ...soaking, instance: rebooted() }, attemptFailed('SoakFailed')],
      ['failing for less than unhealthyDuration does not fail it yet', { ...FLAPPING, ...soaking }, waits()],
      [
        'never well for long: no slot for ever',
        { ...FLAPPING, ...soaking, timer: { countedMs: 10 * MINUTE } },
        attemptFailed('SoakFailed'),
      ],
    ],
  },
}

for (const [surprise, row] of Object.entries(TABLE)) {
  t.test(surprise, async (t) => {
    for (const [column, cells] of Object.entries(row)) {
      for (const [rule, scene, expected] of cells) t.match(flat(next(scene)), expected, `${column}: ${rule}`)
    }
  })
}

/** Workers may be helped by this rung only, or by none. */
function only(step?: RungPolicy, enabled = true): Required<Pick<NonNullable<Scene['policy']>, 'roles'>> {
  return { roles: { master: { enabled, ladder: [] }, worker: { enabled, ladder: step === undefined ? [] : [step] } } }
}

function afterFailure(agoMs: number) {
  const finishedAt = new Date(CALENDAR - agoMs).toISOString()
  return pending({ rung: 'reboot-soft', attempts: [running('reboot-soft', { state: 'Failed', finishedAt })] })
}

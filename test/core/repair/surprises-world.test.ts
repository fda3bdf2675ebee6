import t from 'tap'
import type { InstanceView } from '../../../src/core/model/instance.ts'
import {
  attemptFailed,
  cancelled,
  flat,
  held,
  inPhase,
  issues,
  next,
  parked,
  pending,
  READY,
  type Row,
  rebooted,
  recovers,
  running,
  type Scene,
  steps,
  succeeded,
  verified,
  waits,
} from '../../support/pure/scene.ts'
import { HOUR, instance, MINUTE, NOW, passing, SECOND } from '../../support/pure/view.ts'

const acting = { repair: inPhase('Acting') }
const replacing = { repair: inPhase('Acting', 'replace') }
const verifying = { repair: inPhase('Verifying') }
const soaking = { repair: inPhase('Soaking') }

const WELL: Scene = { node: { conditions: [READY] }, clocks: [passing()], timer: { wellMs: MINUTE, countedMs: MINUTE } }
/** Well, with the proof of a new boot there: without a surprise this verifies. */
const PROVEN: Scene = { ...WELL, instance: rebooted() }
const SOAKED: Scene = { ...PROVEN, timer: { wellMs: HOUR, countedMs: 5 * MINUTE } }
const GONE: InstanceView = { located: { gone: true, slot: false }, state: undefined, plans: [], seenAt: NOW }
const OTHER = { located: { found: { id: 'other', name: 'w0' } } }
const NEW_UID: Scene = { node: { uid: 'new', conditions: [READY] } }
const CLOUD_ERROR = { error: { kind: 'unavailable', message: 'no answer' } } as const
const CLOUD_DOWN = {
  sight: { cloud: { downSince: NOW - MINUTE, reason: 'CloudUnavailable' as const, message: 'no answer' } },
}
const unknown = inPhase('Acting', 'reboot-soft', { attempts: [running('reboot-soft', { state: 'Unknown' })] })

/** What the world does in the middle of a repair: docs/architecture.md §4, upper half of the surprise table. */
const TABLE: Readonly<Record<string, Row>> = {
  'no surprise': {
    before: [['the first rung is issued', {}, issues]],
    acting: [
      ['the next step is taken', acting, steps],
      ['the cloud is left alone for as long as it asked', { ...acting, timer: { nextStepAt: NOW + 7 } }, waits(7)],
    ],
    verifying: [
      ['a new boot, Ready, a fresh heartbeat and passing checks verify', { ...PROVEN, ...verifying }, verified],
      ['the old boot proves nothing', { ...WELL, ...verifying }, waits(5 * SECOND)],
      ['a heartbeat from before the act proves nothing', { ...PROVEN, ...verifying, heartbeatAgeMs: HOUR }, waits()],
      ['a node that is not well proves nothing', { ...PROVEN, ...verifying, timer: { countedMs: MINUTE } }, waits()],
      ['a machine that does not run proves nothing', { ...PROVEN, ...verifying, instance: off() }, waits()],
    ],
    soaking: [
      ['well for the whole soak succeeds', { ...SOAKED, ...soaking }, succeeded],
      ['a moment too little waits', { ...SOAKED, ...soaking, timer: { wellMs: HOUR, countedMs: 299_999 } }, waits(1)],
      [
        'only unbroken wellness counts',
        { ...SOAKED, ...soaking, timer: { wellMs: 1, countedMs: HOUR } },
        waits(299_999),
      ],
    ],
  },
  'well for healthyDuration': {
    before: [
      ['cancelled', WELL, cancelled('Recovered')],
      ['not a moment earlier', { ...WELL, timer: { wellMs: MINUTE - 1 } }, waits()],
    ],
    acting: [
      ['watched to the outcome', { ...WELL, ...acting }, steps],
      [
        'at the deadline it is verified, and nothing is taken back from under it',
        { ...WELL, ...acting, timer: { wellMs: MINUTE, countedMs: 5 * MINUTE } },
        { do: 'write', status: { phase: 'Verifying', attempts: [{ state: 'Unknown' }] } },
      ],
    ],
    verifying: [['goes on waiting for proof', { ...WELL, ...verifying }, waits()]],
    soaking: [['goes on to the end of the soak', { ...PROVEN, ...soaking }, waits(4 * MINUTE)]],
  },
  'Node gone': {
    before: [
      ['hold', { node: null }, held('Identity/NodeGone')],
      ['gone for 10 min: cancelled', { node: null, timer: { goneMs: 10 * MINUTE } }, cancelled('NodeGone')],
      ['not a moment earlier', { node: null, timer: { goneMs: 10 * MINUTE - 1 } }, held('Identity/NodeGone')],
      ['the same instance back: its new UID is noted', NEW_UID, { do: 'write', status: { nodeUID: 'new' } }],
      ['back, as which machine is not known yet: wait', { ...NEW_UID, instance: null }, waits(SECOND)],
      ['another machine: cancelled', { ...NEW_UID, instance: instance('w0', {}, OTHER) }, cancelled('NodeReplaced')],
    ],
    acting: [
      ['a replacement expects it', { ...replacing, node: null }, steps],
      ['else the act goes on by instance', { ...acting, node: null }, steps],
    ],
    verifying: [
      ['waits for it', { ...verifying, node: null, timer: { goneMs: HOUR } }, waits()],
      [
        'not back by the deadline: failed',
        { ...verifying, node: null, timer: { countedMs: 5 * MINUTE } },
        attemptFailed('VerifyDeadline'),
      ],
      [
        'registered again by the same machine: verified, its new UID noted',
        { ...PROVEN, ...verifying, ...NEW_UID },
        { ...verified, status: { phase: 'Soaking', nodeUID: 'new' } },
      ],
      [
        'another machine under its name: nothing is left to prove',
        { ...PROVEN, ...verifying, instance: rebooted(OTHER) },
        cancelled('NodeReplaced'),
      ],
    ],
    soaking: [
      ['waits for it', { ...soaking, node: null, timer: { goneMs: 5 * MINUTE - 1 } }, waits()],
      [
        'another machine under its name: nothing is left to prove',
        { ...PROVEN, ...soaking, instance: rebooted(OTHER) },
        cancelled('NodeReplaced'),
      ],
      [
        'not back by the deadline: failed',
        { ...soaking, node: null, timer: { goneMs: 5 * MINUTE } },
        attemptFailed('NodeGone'),
      ],
    ],
  },
  'instance gone': {
    before: [
      [
        'cancelled, with an event',
        { instance: GONE },
        { ...cancelled('InstanceGone'), said: { reason: 'RepairCancelled' } },
      ],
      [
        'not while its group keeps a slot that a replacement can fill',
        {
          instance: { ...GONE, located: { gone: true, slot: true }, saidSince: NOW - 5 * MINUTE },
          heartbeatAgeMs: 6 * MINUTE,
        },
        { do: 'issue', rung: { rung: 'replace' } },
      ],
    ],
    acting: [
      ['a replacement expects it', { ...replacing, instance: GONE }, steps],
      ['else parked', { ...acting, instance: GONE }, parked('InstanceGone')],
    ],
    verifying: [
      ['parked', { ...verifying, instance: GONE }, parked('InstanceGone')],
      ['of a replacement it was the old one', { repair: inPhase('Verifying', 'replace'), instance: GONE }, waits()],
    ],
    soaking: [['parked', { ...soaking, instance: GONE }, parked('InstanceGone')]],
  },
  'cloud down': {
    before: [
      ['hold', { parts: CLOUD_DOWN }, held('OwnSight/CloudUnavailable')],
      ['hold by its own machine too', { instance: instance('w0', {}, CLOUD_ERROR) }, held('Identity/CloudUnavailable')],
    ],
    acting: [
      ['an unknown outcome is learnt by reading', { repair: unknown, parts: CLOUD_DOWN, timer: null }, recovers],
      [
        'and not asked for more often than the cloud wants',
        { repair: unknown, timer: { stepKnown: false, nextStepAt: NOW + 7 } },
        waits(7),
      ],
    ],
    verifying: [
      [
        "the cloud's proof waits",
        { ...PROVEN, ...verifying, instance: rebooted(CLOUD_ERROR), parts: CLOUD_DOWN },
        waits(),
      ],
      [
        'where the cloud has no mark, the Node proves it',
        {
          ...PROVEN,
          repair: withoutMark(),
          instance: instance('w0', {}, CLOUD_ERROR),
          node: { conditions: [READY], bootID: 'new-boot' },
          parts: CLOUD_DOWN,
        },
        verified,
      ],
    ],
    soaking: [['goes on, ends', { ...SOAKED, ...soaking, parts: CLOUD_DOWN }, succeeded]],
  },
}

for (const [surprise, row] of Object.entries(TABLE)) {
  t.test(surprise, async (t) => {
    for (const [column, cells] of Object.entries(row)) {
      for (const [rule, scene, expected] of cells) t.match(flat(next(scene)), expected, `${column}: ${rule}`)
    }
  })
}

t.test('a repair whose first status was never written is one before the call', async (t) => {
  t.match(flat(next({ repair: { ...pending(), status: undefined } })), issues)
})

function off(): InstanceView {
  return instance('w0', { bootMark: 'mark-2', power: 'off' })
}

function withoutMark() {
  const attempt = running('reboot-soft', { state: 'Confirmed' })
  const { bootMark: _, ...order } = attempt.order
  return inPhase('Verifying', 'reboot-soft', { attempts: [{ ...attempt, order }] })
}

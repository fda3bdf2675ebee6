import type { NodeFacts } from '../../../../src/core/model/node.ts'
import type { StoredPhaseReason } from '../../../../src/core/model/repair-reasons.ts'
import type { View } from '../../../../src/core/model/view.ts'
import {
  attempt,
  CALENDAR,
  failing,
  HOUR,
  instance,
  MINUTE,
  masters,
  node,
  oneBrokenWorker,
  policy,
  repair,
  rung,
  suspicion,
  type ViewParts,
  view,
  workers,
} from '../../../support/pure/view.ts'
import { BROKEN } from './pictures.ts'

const CLIMB = [rung('start'), rung('reboot-soft'), rung('reboot-hard'), rung('replace', { approval: true })]
/** A person is asked before any machine is replaced. */
export const ASKS_BEFORE_REPLACE = policy({
  roles: { master: { enabled: true, ladder: CLIMB }, worker: { enabled: true, ladder: CLIMB } },
})

/** Its soft reboot was sent 8 minutes ago, and the repair ended before anything was known of it. */
export function cutShort(
  nodeName: string,
  reason: StoredPhaseReason,
  machine = `machine-${nodeName}`,
): ReturnType<typeof repair> {
  const issuedAt = new Date(CALENDAR - 8 * MINUTE).toISOString()
  const order = { ...attempt().order, instance: { id: machine, name: machine } }
  const attempts = [attempt({ state: 'Confirmed', issuedAt, finishedAt: undefined, order })]
  return repair(nodeName, { phase: 'Cancelled', reason, attempts }, { createdAt: CALENDAR - 9 * MINUTE })
}

const REBOOTED = [attempt(), attempt({ id: 2, rung: 'reboot-hard' })]

/** Reboots did not help `w1`, whose repair has nothing under way; `w0` of its pool, where one may be in repair, failed long after. */
export function besideWaiting(parts: ViewParts = {}, change: Partial<NodeFacts> = {}): View {
  const [w0, , ...others] = workers(10)
  return oneBrokenWorker({
    nodes: [...masters(3), ...(w0 === undefined ? [] : [w0]), node('w1', change), ...others],
    suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(2 * HOUR)])],
    repairs: [repair('w1', { attempts: REBOOTED })],
    ...parts,
    instances: { w1: instance('w1'), ...parts.instances },
  })
}

/** Of three control-plane nodes `m1` waits for an approval and `m0` is off; so are two workers of their zone, as the cloud says. */
export function waitingMaster(): View {
  return view({
    nodes: [...masters(3, { zone: 'a' }), ...workers(2, { zone: 'a' })],
    suspicions: ['m0', 'm1', 'w0', 'w1'].map((name) => suspicion(name, [BROKEN])),
    repairs: [repair('m1', { attempts: REBOOTED }, { spec: { role: 'master' } })],
    instances: {
      m1: instance('m1'),
      ...Object.fromEntries(['m0', 'w0', 'w1'].map((name) => [name, instance(name, { power: 'off' })])),
    },
  })
}

/** A repair of w0 that ended so long ago, before anything was done. */
export function cancelled(
  name: string,
  agoMs: number,
  reason: StoredPhaseReason = 'DryRun',
  nodeUID = 'uid-w0',
): ReturnType<typeof repair> {
  const finishedAt = new Date(CALENDAR - agoMs).toISOString()
  const createdAt = CALENDAR - Math.max(0, agoMs) - 10 * MINUTE
  return repair('w0', { phase: 'Cancelled', reason, finishedAt }, { name, createdAt, spec: { nodeUID } })
}

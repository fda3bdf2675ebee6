import { APPROVAL_ANNOTATION } from '../../../../src/core/annotations/approval.ts'
import type { NodeFacts } from '../../../../src/core/model/node.ts'
import type { NodeRepairStatus } from '../../../../src/core/model/node-repair.ts'
import type { Policy } from '../../../../src/core/model/policy.ts'
import type { GateReason } from '../../../../src/core/model/reasons.ts'
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
  NOW,
  node,
  oneBrokenWorker,
  policy,
  repair,
  rung,
  SECOND,
  suspicion,
  type ViewParts,
  view,
  witness,
  workers,
} from '../../../support/pure/view.ts'

/** A picture in which `w0` (or `node`) would be repaired if that one gate let it. */
export interface HoldCase {
  readonly gate: string
  readonly reason: GateReason
  readonly when: string
  readonly view: View
  readonly policy?: Policy
  readonly node?: string
  /** Part of the sentence that a person on call reads. */
  readonly says: RegExp
  readonly kind?: 'watch'
  readonly changesAt?: number
}

export const BROKEN = failing(10 * MINUTE)
export const SILENT = failing(10 * MINUTE, { name: 'NodeLease', type: 'NodeLease', plane: 'lease', symptom: 'Silent' })
export const REPLACE_ONLY = policy({
  roles: { master: { enabled: true, ladder: [rung('replace')] }, worker: { enabled: true, ladder: [rung('replace')] } },
})
export const APPROVED_REPLACE = policy({
  roles: {
    master: { enabled: true, ladder: [rung('replace')] },
    worker: { enabled: true, ladder: [rung('replace', { approval: true })] },
  },
})
export const PENDING = repair('w0')

export function withNode(change: Partial<NodeFacts>, parts: ViewParts = {}): View {
  const [, ...others] = workers(10)
  return oneBrokenWorker({ ...parts, nodes: [...masters(3), node('w0', change), ...others] })
}

export function finished(
  name: string,
  agoMs: number,
  attempts = [attempt({ state: 'Verified' })],
): ReturnType<typeof repair> {
  return repair('w0', { phase: 'Succeeded', attempts }, { name, createdAt: CALENDAR - agoMs })
}

export function actedOn(nodeName: string, agoMs: number): ReturnType<typeof repair> {
  const issuedAt = new Date(CALENDAR - agoMs).toISOString()
  return repair(nodeName, { phase: 'Succeeded', attempts: [attempt({ issuedAt })] }, { createdAt: CALENDAR - agoMs })
}

export const many = (count: number): NodeFacts[] => [...masters(3), ...workers(count)]
export const twoPlanes = { suspicions: [suspicion('w0', [BROKEN, SILENT])] }

export function zoneDown(size: number): View {
  const inZone = workers(size, { zone: 'a' })
  const others = Array.from({ length: 40 }, (_, index) => node(`x${index}`, { zone: 'b' }))
  // Failing for times far apart, so that they do not look correlated; only w0 is due.
  return view({
    nodes: [...masters(3), ...inZone, ...others],
    suspicions: [suspicion('w0', [BROKEN]), suspicion('w1', [failing(4 * MINUTE)]), suspicion('w2', [failing(MINUTE)])],
    instances: { w0: instance('w0') },
  })
}

export function badWorkers(size: number, bad: number): View {
  return view({
    nodes: many(size),
    suspicions: [
      suspicion('w0', [BROKEN]),
      ...Array.from({ length: bad - 1 }, (_, index) => suspicion(`w${index + 1}`, [failing(index * SECOND)])),
    ],
    instances: { w0: instance('w0') },
  })
}

/** Eight workers are bad, one after the other, and no other one has their kernel. */
export function badKernel(change: Partial<NodeFacts>, size = 20, elsewhere: readonly NodeFacts[] = []): View {
  const others = workers(size, change).slice(8)
  return view({
    nodes: [...masters(3), ...workers(8, { ...change, kernelVersion: '6.9' }), ...others, ...elsewhere],
    suspicions: Array.from({ length: 8 }, (_, index) =>
      suspicion(`w${index}`, [index === 0 ? BROKEN : failing((index - 1) * 20 * SECOND)]),
    ),
    instances: { w0: instance('w0') },
  })
}

/** One of six workers is bad, and four of five nodes of another pool. */
export function badElsewhere(): View {
  const others = Array.from({ length: 5 }, (_, index) => node(`x${index}`, { pool: 'other' }))
  return view({
    nodes: [...masters(3), ...workers(6), ...others],
    suspicions: [
      suspicion('w0', [BROKEN]),
      ...[0, 1, 2, 3].map((index) => suspicion(`x${index}`, [failing(index * SECOND)])),
    ],
    instances: { w0: instance('w0') },
  })
}

export function brokenMaster(size: number, bad: number, parts: ViewParts = {}): View {
  const nodes = [...masters(size), ...workers(10)]
  const suspicions = [
    suspicion('m0', [BROKEN]),
    ...Array.from({ length: bad - 1 }, (_, index) => suspicion(`m${index + 1}`, [failing(30 * MINUTE)])),
  ]
  return view({ nodes, suspicions, instances: { m0: instance('m0') }, ...parts })
}

/** A power cut: 28 of 30 workers, all of them in one zone, and two control-plane nodes are off, and the cloud says so. */
export function manyOff(parts: ViewParts = {}): View {
  const off = [...workers(28), ...masters(2)].map(({ name }) => name)
  return view({
    nodes: [...masters(3), ...workers(30, { zone: 'a' })],
    suspicions: off.map((name) => suspicion(name, [BROKEN])),
    ...parts,
    instances: {
      ...Object.fromEntries(off.map((name) => [name, instance(name, { power: 'off' })])),
      ...parts.instances,
    },
  })
}

/** Eight pools of two, one bad node in each: w0 and x0 to x6. */
export function tinyPools(): View {
  const names = ['w0', ...Array.from({ length: 7 }, (_, index) => `x${index}`)]
  return view({
    nodes: [...masters(3), ...names.flatMap((name) => [node(name, { pool: name }), node(`${name}-b`, { pool: name })])],
    suspicions: names.map((name, index) => suspicion(name, [name === 'w0' ? BROKEN : failing(index * SECOND)])),
    instances: { w0: instance('w0') },
  })
}

/** w0 is the only bad one in its pool of 4; a node of another pool began to fail so long before it. */
export function smallPools(before: number): View {
  return view({
    nodes: [...masters(3), ...workers(4), node('x0', { pool: 'other' }), node('x1', { pool: 'other' })],
    suspicions: [suspicion('w0', [BROKEN]), suspicion('x0', [failing(10 * MINUTE + before)])],
    instances: { w0: instance('w0') },
  })
}

export function approvedWith(text: string): View {
  return oneBrokenWorker({
    ...twoPlanes,
    repairs: [repair('w0', {}, { annotations: { [APPROVAL_ANNOTATION]: text } })],
  })
}

export function afterReboot(): View {
  const reboot = attempt({
    issuedAt: new Date(CALENDAR - 90 * MINUTE).toISOString(),
    finishedAt: new Date(CALENDAR - 80 * MINUTE).toISOString(),
  })
  return oneBrokenWorker({ ...twoPlanes, repairs: [repair('w0', { attempts: [reboot] })] })
}

/** `w1` failed when `w0` did, with an image that the others do not have, and one reboot has not helped it; undefined: it goes on. */
export function afterCanary(
  end: StoredPhaseReason | undefined,
  parts: ViewParts = {},
  annotations: Readonly<Record<string, string>> = {},
): View {
  const phase = end === undefined ? 'Pending' : end === 'NeedsHuman' ? 'Parked' : 'Cancelled'
  const repairs = [repair('w1', { phase, reason: end, attempts: [attempt()] }, { createdAt: CALENDAR, annotations })]
  const nodes = [...masters(3), ...workers(2, { osImage: 'bad' }), ...workers(30).slice(2)]
  return oneBrokenWorker({ nodes, repairs, ...parts })
}

/** Two of one minute, both in repair, and the next rung of `w0` replaces it; `w2` of that minute was replaced. */
export function replaceInBurst(helped: boolean): View {
  const done = {
    phase: 'Succeeded',
    reason: 'Repaired',
    attempts: [attempt({ rung: 'replace', state: 'Verified' })],
  } as const
  return oneBrokenWorker({
    nodes: many(30),
    suspicions: ['w0', 'w1'].map((name) => suspicion(name, [BROKEN, SILENT])),
    repairs: [
      repair('w0', {}, { createdAt: CALENDAR }),
      ...(helped ? [repair('w2', done, { createdAt: CALENDAR })] : []),
    ],
  })
}

export const UNHEARD = [
  witness('lease', 'Silent', 'fail'),
  { plane: 'probe', symptom: 'Unreachable', finding: { status: 'fail', reason: 'Timeout', seenAt: NOW } },
] as const

/** Nothing of `w0` is heard, its hard reboot was not followed by a word of it, and its next rung is replace. */
export function unheard(
  parts: ViewParts = {},
  change: {
    readonly bootMark?: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly rung?: 'reboot-soft'
  } = {},
): View {
  const { bootMark = 'mark-2', annotations = {}, rung = 'reboot-hard' } = change
  const order = { ...attempt().order, rung, bootMark: 'mark-1' } as const
  const reboot = attempt({ rung, reason: 'VerifyDeadline', order })
  return oneBrokenWorker({
    suspicions: [suspicion('w0', [SILENT], { witnesses: UNHEARD })],
    instances: { w0: instance('w0', { bootMark }) },
    repairs: [repair('w0', { attempts: [reboot] }, { annotations })],
    ...parts,
  })
}

/** Their heartbeats were seen three seconds ago. */
export function beatsOf(...names: readonly string[]): Pick<View, 'heartbeats'> {
  return { heartbeats: new Map(names.map((name) => [name, { renewTime: 'x', changedAt: NOW - 3 * SECOND }])) }
}

/** Silent for so many minutes, the first of them for some longer than the others, while their ports answer. */
export function late(minutes: number, ...names: readonly string[]): View {
  const witnesses = [witness('lease', 'Silent', 'fail'), witness('probe', 'Unreachable', 'pass')]
  return oneBrokenWorker({
    nodes: many(30),
    suspicions: names.map((name, index) => {
      const clock = failing((minutes - 2 * index) * MINUTE, { plane: 'lease', symptom: 'Silent' })
      return suspicion(name, [clock], { witnesses })
    }),
    instances: Object.fromEntries(names.map((name) => [name, instance(name)])),
  })
}

/** The same of `w0` alone, which the cloud shows to have booted since, or not (`mark-1`). */
export function lateAfterReboot(bootMark?: string, annotations: Readonly<Record<string, string>> = {}): View {
  const { nodes, suspicions } = late(20, 'w0')
  const parts = { nodes: [...nodes.values()], suspicions: [...suspicions.values()] }
  return unheard(parts, { rung: 'reboot-soft', annotations, ...(bootMark === undefined ? {} : { bootMark }) })
}

/** Two soft reboots of `w0` hours ago, after which its soak failed so much later; now it fails again. */
export function rebootedTwice(...lastedMs: readonly number[]): View {
  const repairs = lastedMs.map((ms, index) => {
    const agoMs = (5 - index) * HOUR
    const at = (time: number): string => new Date(time).toISOString()
    const act = attempt({ issuedAt: at(CALENDAR - agoMs), finishedAt: at(CALENDAR - agoMs + ms), reason: 'SoakFailed' })
    const cancelled = { phase: 'Cancelled', reason: 'Recovered', attempts: [act] } as const
    return repair('w0', cancelled, { name: `past-${index}`, createdAt: CALENDAR - agoMs })
  })
  return oneBrokenWorker({ repairs })
}

/** `w0` is in repair, and so were other workers, who began to fail so long before it. */
export function afterOthers(
  beforeMs: readonly number[],
  parts: ViewParts = {},
  {
    status = {},
    annotations = {},
  }: { readonly status?: Partial<NodeRepairStatus>; readonly annotations?: object } = {},
): View {
  const others = beforeMs.map((ms, index) =>
    repair(
      `w${index + 1}`,
      { phase: 'Succeeded', reason: 'Repaired', ...status },
      { createdAt: CALENDAR - ms, annotations: { ...annotations } },
    ),
  )
  return oneBrokenWorker({ nodes: many(30), repairs: [repair('w0', {}, { createdAt: CALENDAR }), ...others], ...parts })
}

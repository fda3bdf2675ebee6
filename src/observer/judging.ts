import type { CheckClock } from '../core/model/finding.ts'
import type { NodeFacts } from '../core/model/node.ts'
import { phaseOf } from '../core/model/node-repair.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Tell } from '../core/ports/log.ts'
import { NO_STALLS } from '../core/ports/stalls.ts'
import type { Observed, ViewSources } from './assemble-view.ts'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import { createFindings } from './findings.ts'
import { createFreshness } from './sight/freshness.ts'
import { createStaleLeases } from './stale-leases.ts'
import { heartbeatAge } from './witnesses.ts'

export type JudgingOptions = Pick<
  ViewSources,
  'clock' | 'nodes' | 'repairs' | 'heartbeats' | 'policy' | 'calendar' | 'skewMs' | 'stalls'
> & { readonly tell: Tell }

/** What is made of the watches alone, at the moments at which they change or at which a judge asked to be asked again. */
export interface Judging extends Omit<Observed, 'suspects' | 'missing' | 'requests' | 'controlPlane' | 'etcd'> {
  readonly controlPlane: ControlPlane
  readonly etcd: ControlPlane
  /** Every source was seen once, or that takes too long. What is judged before is judged anew then, for nothing. */
  readonly opened: boolean
  /**
   * Whether our eyes are open, and who is due. True when sight has just come back, nodes are judged for the first time, or
   * time alone has changed what a check says: a node that passes for long enough is well, one that flaps is quiet.
   */
  look(): boolean
  judgeAll(): void
  /** Called after a change of nodes, repairs or heartbeats was judged. */
  onChange(listener: () => void): void
}

/** With a source that never answers, such as a CRD that is missing, nodes are judged all the same, so that `why` can say it. */
const OPENING_MS: Millis = 10_000

/** The observer without its questions: no loop, no cloud, no probe. Whoever has the time calls `look`. */
export function createJudging(options: JudgingOptions): Judging {
  const { clock, nodes, repairs, heartbeats, tell, policy, stalls = NO_STALLS } = options
  const findings = createFindings()
  const listeners: (() => void)[] = []
  const changed = (): void => {
    for (const listener of listeners) listener()
  }
  const blindMs = policy().ownSight.blindMs
  const sight = createFreshness(
    clock,
    [
      { name: 'the watch of nodes', seenAt: () => nodes.seenAt, rewinds: () => nodes.rewinds ?? 0, limitMs: blindMs },
      {
        name: 'the watch of repairs',
        seenAt: () => repairs.seenAt,
        rewinds: () => repairs.rewinds ?? 0,
        limitMs: blindMs,
      },
      { name: 'the poll of heartbeats', seenAt: () => heartbeats.seenAt, asked: true, limitMs: blindMs },
    ],
    tell,
    stalls,
  )
  const mass = createStaleLeases()
  const cordonedSince = new Map<string, Millis>()
  const startedAt = clock.now()
  const memory = {
    clock,
    calendar: options.calendar,
    clocksAgree: () => Math.abs(options.skewMs()) <= policy().ownSight.skewMs,
  }
  const controlPlane = createControlPlane(memory)
  const etcd = createControlPlane(memory)
  const groups = [
    { group: 'control-plane', members: new Set<string>(), seen: controlPlane },
    { group: 'etcd', members: new Set<string>(), seen: etcd },
  ] as const
  let opened = false

  const judge = (node: NodeFacts, now: Millis): void => {
    if (!opened) return
    const isWatched = policy().roles[node.role].enabled
    if (!isWatched) findings.forget(node.name)
    else {
      const ageMs = heartbeatAge(heartbeats.items.get(node.name), now, sight)
      findings.judge(node, ageMs, now, options.calendar())
    }
  }
  const judgeAll = (now: Millis): void => {
    for (const node of nodes.items.values()) judge(node, now)
  }
  const countMember = (name: string, quorum: NodeFacts['quorum'] = []): void => {
    for (const { group, members, seen } of groups) {
      if (!quorum.includes(group)) members.delete(name)
      else if (!members.has(name)) {
        members.add(name)
        seen.see(members.size)
      }
    }
  }
  stalls.onStall(({ from, until }) => {
    findings.standStill(until - from)
    mass.standStill(until - from)
    changed()
  })
  nodes.onChange((name, after, before) => {
    stalls.notice()
    const now = clock.now()
    if (after === undefined) {
      findings.forget(name)
      cordonedSince.delete(name)
    } else {
      if (before !== undefined && before.uid !== after.uid) {
        // Deleted and made anew between two looks: nothing that was seen is about this one.
        findings.forget(name)
        cordonedSince.delete(name)
      }
      if (!after.unschedulable) cordonedSince.delete(name)
      else if (!cordonedSince.has(name)) cordonedSince.set(name, before === undefined ? Number.NEGATIVE_INFINITY : now)
      judge(after, now)
    }
    countMember(name, after?.quorum)
    changed()
  })
  repairs.onChange((_, after, before) => {
    if (
      after !== undefined &&
      phaseOf(after) === 'Soaking' &&
      (before === undefined || phaseOf(before) !== 'Soaking')
    ) {
      findings.renew(after.spec.nodeName, clock.now())
    }
    changed()
  })
  heartbeats.onChange(() => {
    stalls.notice()
    const now = clock.now()
    for (const node of nodes.items.values()) if (!findings.isSettled(node.name)) judge(node, now)
    mass.update(now, nodes.items, heartbeats.items, sight, policy())
    changed()
  })

  return {
    ...{ findings, sight, mass, cordonedSince, controlPlane, etcd },
    get opened() {
      return opened
    },
    look() {
      stalls.notice()
      const now = clock.now()
      const regained = sight.update()
      const begins = regained !== undefined || (!opened && now - startedAt >= OPENING_MS)
      if (begins) {
        opened = true
        if (regained === 'anew') findings.restart(now)
        judgeAll(now)
      }
      if (sight.blindSince !== undefined) return begins
      for (const { members, seen } of groups) seen.see(members.size)
      let differs = false
      for (const name of findings.due(now)) {
        const node = nodes.items.get(name)
        if (node === undefined) continue
        const before = findings.clocksOf(name)
        judge(node, now)
        differs ||= !saySameOfNode(before, findings.clocksOf(name))
      }
      return begins || differs
    },
    judgeAll: () => judgeAll(clock.now()),
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

function saySameOfNode(a: readonly CheckClock[], b: readonly CheckClock[]): boolean {
  if (a === b) return true
  const isSame = ({ finding, failingSince }: CheckClock, other: CheckClock | undefined): boolean =>
    finding.reason === other?.finding.reason &&
    finding.status === other.finding.status &&
    (failingSince === undefined) === (other.failingSince === undefined)
  return a.length === b.length && a.every((clock, index) => isSame(clock, b[index]))
}

import { changesAt, restartClock, stepClock } from '../core/clocks.ts'
import type { HealthCheck, JudgeCheck } from '../core/ports.ts'
import type { CheckClock, CheckInfo, Finding, Millis, NodeFacts, Role } from '../core/types.ts'

export type Checks = Readonly<Record<Role, readonly HealthCheck[]>>

/** Every (node, check) pair's clock. */
export interface Findings {
  /** A new set of checks: clocks of checks that are gone are dropped, those of the same name go on. */
  setChecks(checks: Checks): void
  take(node: string, check: HealthCheck, finding: Finding): void
  judge(facts: NodeFacts, heartbeatAgeMs: Millis | undefined, now: Millis): void
  /** Every judge has let it pass: until one asked to look again, a heartbeat more changes nothing. */
  isSettled(node: string): boolean
  /** The nodes that a judge asked to look at again by now. Each is named once, until it is judged again. */
  due(now: Millis): readonly string[]
  clocksOf(node: string): readonly CheckClock[]
  failing(): ReadonlySet<string>
  forget(node: string): void
  /** After a gap in our own sight: nothing failed before `now`. */
  restart(now: Millis): void
}

interface Entry {
  readonly clocks: Map<string, CheckClock>
  dueAt: Millis
  settled: boolean
}

function infoOf(check: HealthCheck): CheckInfo {
  const { name, type, plane, symptom, unhealthyDurationMs, healthyDurationMs } = check
  return { name, type, plane, symptom, unhealthyDurationMs, healthyDurationMs }
}

export function createFindings(): Findings {
  const entries = new Map<string, Entry>()
  const failing = new Set<string>()
  let earliest = Number.POSITIVE_INFINITY
  let infos = new Map<HealthCheck, CheckInfo>()
  let judges: Record<Role, readonly JudgeCheck[]> = { master: [], worker: [] }

  const entryOf = (node: string): Entry => {
    const known = entries.get(node)
    if (known !== undefined) return known
    const fresh: Entry = { clocks: new Map(), dueAt: Number.POSITIVE_INFINITY, settled: false }
    entries.set(node, fresh)
    return fresh
  }
  const note = (node: string, entry: Entry): void => {
    for (const clock of entry.clocks.values()) {
      if (clock.failingSince !== undefined) {
        failing.add(node)
        return
      }
    }
    failing.delete(node)
  }
  const take = (node: string, check: HealthCheck, finding: Finding): void => {
    const info = infos.get(check)
    if (info === undefined) return // a late answer of a check that a reload has removed
    const entry = entryOf(node)
    entry.clocks.set(info.name, stepClock(entry.clocks.get(info.name), info, finding, finding.seenAt))
    note(node, entry)
  }

  return {
    setChecks(checks) {
      const all = [...checks.master, ...checks.worker]
      infos = new Map(all.map((check) => [check, infoOf(check)]))
      const judgesOf = (role: Role): JudgeCheck[] => checks[role].filter((check) => check.kind === 'judge')
      judges = { master: judgesOf('master'), worker: judgesOf('worker') }
      const names = new Set(all.map((check) => check.name))
      for (const [node, entry] of entries) {
        for (const name of entry.clocks.keys()) if (!names.has(name)) entry.clocks.delete(name)
        note(node, entry)
      }
    },
    take,
    judge(facts, heartbeatAgeMs, now) {
      const entry = entryOf(facts.name)
      let dueAt = Number.POSITIVE_INFINITY
      let settled = true
      for (const check of judges[facts.role]) {
        take(facts.name, check, check.judge(facts, heartbeatAgeMs, now))
        const clock = entry.clocks.get(check.name)
        if (clock === undefined) continue
        settled &&= clock.finding.status === 'pass' && clock.failingSince === undefined
        dueAt = Math.min(dueAt, changesAt(clock, now) ?? Number.POSITIVE_INFINITY)
      }
      entry.dueAt = dueAt
      entry.settled = settled
      earliest = Math.min(earliest, dueAt)
    },
    isSettled: (node) => entries.get(node)?.settled === true,
    due(now) {
      if (now < earliest) return []
      const due: string[] = []
      earliest = Number.POSITIVE_INFINITY
      for (const [node, entry] of entries) {
        if (entry.dueAt > now) earliest = Math.min(earliest, entry.dueAt)
        else {
          entry.dueAt = Number.POSITIVE_INFINITY
          due.push(node)
        }
      }
      return due
    },
    clocksOf: (node) => [...(entries.get(node)?.clocks.values() ?? [])],
    failing: () => failing,
    forget(node) {
      entries.delete(node)
      failing.delete(node)
    },
    restart(now) {
      for (const [node, entry] of entries) {
        for (const [name, clock] of entry.clocks) entry.clocks.set(name, restartClock(clock, now))
        entry.settled = false
        note(node, entry)
      }
    },
  }
}

import { changesAt, postponeClock, renewClock, restartClock, stepClock } from '../core/evidence/clocks.ts'
import { haveSameFlaps, restlessUntil } from '../core/evidence/flapping.ts'
import type { CheckClock, CheckInfo, Finding } from '../core/model/finding.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Millis, Role } from '../core/model/primitives.ts'
import type { HealthCheck, JudgeCheck } from '../core/ports/health-check.ts'

export type Checks = Readonly<Record<Role, readonly HealthCheck[]>>

/** Every (node, check) pair's clock. */
export interface Findings {
  /** A new set of checks: clocks of checks that are gone are dropped, those of the same name go on. */
  setChecks(checks: Checks): void
  take(node: string, check: HealthCheck, finding: Finding): void
  judge(facts: NodeFacts, heartbeatAgeMs: Millis | undefined, now: Millis, calendar: Millis): void
  /** Every judge has let it pass: until one asked to look again, a heartbeat more changes nothing. */
  isSettled(node: string): boolean
  /** The nodes that a judge asked to look at again by now. Each is named once, until it is judged again. */
  due(now: Millis): readonly string[]
  /** Before this moment none is due; infinite when no judge has asked for anything. */
  readonly nextDueAt: Millis
  clocksOf(node: string): readonly CheckClock[]
  failing(): ReadonlySet<string>
  /** Another number whenever a node has begun or ceased to fail. */
  readonly failingVersion: number
  /** As in `View`: entries whose time has passed may stand there until the node is looked at again. */
  restless(): ReadonlyMap<string, Millis>
  forget(node: string): void
  /** Its machine is proven to run anew: nothing of it failed before `now`. */
  renew(node: string, now: Millis): void
  /** After a gap in our own sight: nothing failed before `now`. */
  restart(now: Millis): void
  /** Nobody looked for `ms`: every clock stood still. */
  standStill(ms: Millis): void
}

interface Entry {
  /** One per check: a list, since a Map for each of 15,000 nodes costs more than what it would hold. */
  clocks: readonly CheckClock[]
  /** Undefined until it was judged: only the checks of its own role speak about a node. */
  role: Role | undefined
  dueAt: Millis
  settled: boolean
}

function infoOf(check: HealthCheck): CheckInfo {
  const { name, type, plane, symptom, unhealthyDurationMs, healthyDurationMs, flapping } = check
  return { name, type, plane, symptom, unhealthyDurationMs, healthyDurationMs, flapping }
}

/** Apart from when a judge wants to be asked again: that, `dueAt` knows. */
function saysTheSame(a: CheckClock, b: CheckClock | undefined): boolean {
  if (b === undefined || a.check !== b.check || a.failingSince !== b.failingSince) return false
  if (a.unknownSince !== b.unknownSince || a.neverPassed !== b.neverPassed) return false
  if (!haveSameFlaps(a.flaps, b.flaps)) return false
  const keys = ['status', 'reason', 'message', 'plane', 'symptom', 'seenAt', 'validUntil'] as const
  return a.passingSince === b.passingSince && keys.every((key) => a.finding[key] === b.finding[key])
}

export function createFindings(): Findings {
  const entries = new Map<string, Entry>()
  const failing = new Set<string>()
  let failingVersion = 0
  const restless = new Map<string, Millis>()
  let earliest = Number.POSITIVE_INFINITY
  /** Of what was judged at `sharedAt`, by when it began to fail. */
  const shared = new Map<Millis | undefined, readonly CheckClock[]>()
  let sharedAt: Millis | undefined
  let infos = new Map<HealthCheck, { readonly info: CheckInfo; readonly role: Role }>()
  let judges: Record<Role, readonly JudgeCheck[]> = { master: [], worker: [] }

  const entryOf = (node: string): Entry => {
    const known = entries.get(node)
    if (known !== undefined) return known
    const fresh: Entry = { clocks: [], role: undefined, dueAt: Number.POSITIVE_INFINITY, settled: false }
    entries.set(node, fresh)
    return fresh
  }
  const setFailing = (node: string, fails: boolean): void => {
    if (failing.has(node) === fails) return
    failingVersion += 1
    if (fails) failing.add(node)
    else failing.delete(node)
  }
  const note = (node: string, entry: Entry): void => {
    const fails = entry.clocks.some((clock) => clock.failingSince !== undefined)
    setFailing(node, fails)
    const until = restlessUntil(entry.clocks)
    if (until !== undefined) restless.set(node, until)
    else if (restless.size > 0) restless.delete(node)
  }
  const take = (node: string, check: HealthCheck, finding: Finding): CheckClock | undefined => {
    const known = infos.get(check)
    if (known === undefined) return undefined // a late answer of a check that a reload has removed
    const entry = entryOf(node)
    const { info, role } = known
    if (entry.role !== undefined && entry.role !== role) return undefined // the node has changed sides meanwhile
    const at = entry.clocks.findIndex((clock) => clock.check.name === info.name)
    const clock = stepClock(entry.clocks[at], info, finding, finding.seenAt)
    entry.clocks = at < 0 ? [...entry.clocks, clock] : entry.clocks.with(at, clock)
    note(node, entry)
    return clock
  }

  /** Nodes of which the same was found at the same moment have the same clocks, so they may as well have the very same. */
  const share = (clocks: readonly CheckClock[], now: Millis): readonly CheckClock[] => {
    if (now !== sharedAt) shared.clear()
    sharedAt = now
    const since = clocks.find(({ failingSince }) => failingSince !== undefined)?.failingSince
    const others = shared.get(since)
    if (others?.length === clocks.length && clocks.every((clock, at) => saysTheSame(clock, others[at]))) return others
    shared.set(since, clocks)
    return clocks
  }
  /** What a check said that is none of this node's any more would stand for ever. */
  const dropForeign = (node: string, entry: Entry): void => {
    const names = new Set([...infos.values()].filter(({ role }) => role === entry.role).map(({ info }) => info.name))
    entry.clocks = entry.clocks.filter((clock) => names.has(clock.check.name))
    note(node, entry)
  }

  const changeAll = (change: (clock: CheckClock) => CheckClock): void => {
    const changed = new Map<readonly CheckClock[], readonly CheckClock[]>()
    for (const [node, entry] of entries) {
      const clocks = changed.get(entry.clocks) ?? entry.clocks.map(change)
      changed.set(entry.clocks, clocks)
      entry.clocks = clocks
      note(node, entry)
    }
  }

  return {
    setChecks(checks) {
      const infosOf = (role: Role) => checks[role].map((check) => [check, { info: infoOf(check), role }] as const)
      infos = new Map([...infosOf('master'), ...infosOf('worker')])
      const judgesOf = (role: Role): JudgeCheck[] => checks[role].filter((check) => check.kind === 'judge')
      judges = { master: judgesOf('master'), worker: judgesOf('worker') }
      for (const [node, entry] of entries) {
        entry.settled = false
        dropForeign(node, entry)
      }
    },
    take: (node, check, finding) => void take(node, check, finding),
    judge(facts, heartbeatAgeMs, now, calendar) {
      const entry = entryOf(facts.name)
      if (entry.role !== facts.role) {
        entry.role = facts.role
        dropForeign(facts.name, entry)
      }
      const seen = judges[facts.role].map((check) => {
        return { check, finding: check.judge(facts, heartbeatAgeMs, now, calendar) }
      })
      if (entry.settled && seen.every(({ finding }) => finding.status === 'pass')) {
        // Well as before: 15,000 new clocks that say the same would be the most that this process ever throws away.
        const never = Number.POSITIVE_INFINITY
        entry.dueAt = Math.min(
          ...seen.flatMap(({ finding }) => [finding.changesAt ?? never, finding.validUntil ?? never]),
        )
        earliest = Math.min(earliest, entry.dueAt)
        return
      }
      let dueAt = Number.POSITIVE_INFINITY
      let settled = true
      for (const { check, finding } of seen) {
        const clock = take(facts.name, check, finding)
        if (clock === undefined) continue
        settled &&= clock.finding.status === 'pass' && clock.failingSince === undefined
        dueAt = Math.min(dueAt, changesAt(clock, now) ?? Number.POSITIVE_INFINITY)
      }
      entry.dueAt = dueAt
      entry.settled = settled
      entry.clocks = share(entry.clocks, now)
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
    get nextDueAt() {
      return earliest
    },
    clocksOf: (node) => entries.get(node)?.clocks ?? [],
    failing: () => failing,
    get failingVersion() {
      return failingVersion
    },
    restless: () => restless,
    forget(node) {
      entries.delete(node)
      setFailing(node, false)
      restless.delete(node)
    },
    renew(node, now) {
      const entry = entries.get(node)
      if (entry === undefined) return
      entry.clocks = entry.clocks.map((clock) => renewClock(clock, now))
      note(node, entry)
    },
    restart(now) {
      for (const entry of entries.values()) entry.settled = false
      changeAll((clock) => restartClock(clock, now))
    },
    standStill: (ms) => changeAll((clock) => postponeClock(clock, ms)),
  }
}

import { toPolicy } from '../config/policy.ts'
import type { Config } from '../config/schema/schema.ts'
import { decide } from '../core/decide.ts'
import type { Finding } from '../core/model/finding.ts'
import { ALONE, ownerOf } from '../core/model/node-repair.ts'
import type { Millis, Role } from '../core/model/primitives.ts'
import { LEDGER_NOT_TRIED } from '../core/model/view.ts'
import { SILENT } from '../core/ports/log.ts'
import { createChecks } from '../healthcheck/registry.ts'
import { createViewAssembler } from '../observer/assemble-view.ts'
import { createJudging, type Judging } from '../observer/judging.ts'
import { createRequests } from '../observer/people/requests.ts'
import type { LineOf, RecordedVerdict, RecordLine } from '../record/format.ts'
import { recordedVerdict } from '../record/trim.ts'
import { createPast, type Past } from './past.ts'

/** One policy over one stretch of a record, from a `begin` to the next. */
export interface Replay {
  readonly past: Past
  /** All that would have been said between the line before this one and this one, and then what this one tells. */
  take(line: Exclude<RecordLine, { is: 'header' | 'begin' }>): void
}

export type Heard = (said: ReadonlyMap<string, RecordedVerdict>) => void

/** The leader looks at a change no later than this. */
const ROUND_MS: Millis = 1_000
/** While anything is wrong, a leader writes every few seconds. In a longer gap nothing is made up. */
const LONGEST_GAP_MS: Millis = 86_400_000
const NEVER = Number.POSITIVE_INFINITY

/**
 * Judges and decides with the code of the daemon, at the moments at which the leader did and at those at which the policy
 * itself asks to be asked again. `heard`: what it says then.
 */
export function createReplay(begin: LineOf<'begin'>, config: Config, heard: Heard): Replay {
  const policy = toPolicy(config)
  const past = createPast(begin)
  const { clock } = past
  const tell = (): void => undefined
  const skewMs = (): Millis => past.sight?.skewMs ?? 0
  const sources = { ...past, policy: () => policy, skewMs, tell }
  const judging: Judging = createJudging(sources)
  const checksOf = (role: Role) => createChecks(role, config.healthcheck[role], { clock, log: SILENT })
  const checks = { master: checksOf('master'), worker: checksOf('worker') }
  judging.findings.setChecks(checks)

  const assembleView = createViewAssembler(
    {
      ...sources,
      unreadable: () => new Map(Object.entries(past.sight?.unreadable ?? {})),
      switches: () => past.switches,
      leadership: {
        leading: () => true,
        renewalsFine: () => past.sight?.ownRenewalsFine ?? true,
        takerPresent: () => past.sight?.takerPresent ?? true,
      },
      ledger: () => past.sight?.ledger ?? LEDGER_NOT_TRIED,
      get installation() {
        const [one] = past.repairs.items.values()
        return one === undefined ? ALONE : { ...ALONE, owner: ownerOf(one.spec) }
      },
      get ownNode() {
        return past.sight?.ownNode
      },
    },
    {
      ...judging,
      suspects: past.suspects,
      cordonedSince: past.cordonedSince,
      missing: () => [],
      requests: createRequests({ ...sources, installation: ALONE, leading: () => false }),
      controlPlane: { highest: () => past.sight?.controlPlaneSeen ?? 0 },
      etcd: { highest: () => past.sight?.etcdSeen ?? 0 },
    },
  )

  /** The checks that ask have answered so; what judges find is found here again. */
  const takeFinding = (name: string, checkName: string, finding: Finding): void => {
    const role = past.nodes.items.get(name)?.role
    const check = role && checks[role].find((one) => one.name === checkName && one.kind !== 'judge')
    if (check !== undefined) judging.findings.take(name, check, finding)
  }
  /** Of whom the record tells nothing any more, since he was well: the checks that ask him have let him pass since then. */
  const unnamed = new Set<string>()
  const passOn = (names: Iterable<string>, seenAt: Millis): void => {
    for (const name of names) {
      if (!unnamed.has(name)) continue
      for (const { check, finding } of judging.findings.clocksOf(name)) {
        if (finding.status === 'pass') takeFinding(name, check.name, { ...finding, seenAt })
      }
    }
  }
  /** A clock that ran before: what it was made of, in short. */
  const seed = ({
    node,
    role,
    check: name,
    failingSince,
    passingSince,
    changes = [],
    finding,
  }: LineOf<'clock'>): void => {
    const check = checks[role].find((one) => one.name === name)
    if (check === undefined) return
    const { reason, plane, symptom } = finding
    const take = (status: 'pass' | 'fail', seenAt: Millis): void =>
      judging.findings.take(node, check, { ...{ reason, plane, symptom }, status, seenAt })
    if (failingSince !== undefined) take('fail', failingSince)
    changes.forEach((at, index) => {
      const fails = ((changes.length - index) % 2 === 1) === (passingSince === undefined)
      if (index === 0) take(fails ? 'pass' : 'fail', at)
      take(fails ? 'fail' : 'pass', at)
    })
    if (passingSince !== undefined) take('pass', passingSince)
    judging.findings.take(node, check, finding)
  }
  /** Who was silent before the picture was made fell silent at his time, not all at once. */
  const seedSilence = (): void => {
    const { items } = past.heartbeats
    const { sight } = judging
    const moments = [...items.values()].map(
      ({ changedAt }) => Math.max(changedAt, sight.seeingSince) + policy.heartbeatMaxAgeMs + 1,
    )
    for (const at of new Set(moments.filter((moment) => moment <= begin.at).sort((a, b) => a - b))) {
      judging.mass.update(at, past.nodes.items, items, sight, policy)
    }
  }

  let wakeAt = NEVER
  let roundAt = NEVER
  const decideNow = (): void => {
    judging.look()
    // What the next line tells may have been seen a round ago.
    passOn(judging.findings.failing(), clock.now() - 2 * ROUND_MS)
    const decision = decide(assembleView({ repairsBehind: past.sight?.repairsBehind ?? false }), policy)
    const now = clock.now()
    roundAt = NEVER
    wakeAt = decision.wakeAt !== undefined && decision.wakeAt > now ? decision.wakeAt : NEVER
    heard(new Map([...decision.verdicts].map(([node, verdict]) => [node, recordedVerdict(verdict)])))
  }
  const passUntil = (at: Millis): void => {
    const latest = Math.min(at, clock.now() + LONGEST_GAP_MS)
    for (;;) {
      // A blind observer judges nobody. Where all are well and beat, whoever is due says so again at the next line.
      const isIdle = past.allBeat && judging.findings.failing().size === 0
      const judgedAt = isIdle || judging.sight.blindSince !== undefined ? NEVER : judging.findings.nextDueAt
      const next = Math.max(Math.min(wakeAt, roundAt, judgedAt), clock.now())
      if (next >= latest) break
      past.moveTo(next)
      // Who was due and says the same wakes no leader.
      if (next < Math.min(wakeAt, roundAt) && !judging.look()) continue
      decideNow()
    }
    past.moveTo(at)
  }

  let isWhole = false
  return {
    past,
    take(line) {
      // The first thing that a picture tells is whether its writer could see: since when, `past` knows.
      if (past.sight === undefined) {
        past.apply(line)
        judging.look()
        return
      }
      passUntil(line.at)
      if (line.is === 'finding') {
        passOn([line.node], line.finding.seenAt)
        unnamed.delete(line.node)
      }
      if (line.is === 'look' && line.look === null) unnamed.add(line.node)
      past.apply(line)
      if (line.is === 'clock') return seed(line)
      if (line.is === 'policy' && !isWhole) {
        isWhole = true
        seedSilence()
      }
      if (line.is === 'finding') takeFinding(line.node, line.check, line.finding)
      if (line.is === 'round') return decideNow()
      if (!isWhole) return
      judging.look()
      roundAt = Math.min(roundAt, line.at + ROUND_MS)
    },
  }
}

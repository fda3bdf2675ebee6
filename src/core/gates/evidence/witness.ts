import { describeRequest } from '../../annotations/request.ts'
import {
  cloudAgrees,
  contradiction,
  failingPlanes,
  NO_CONTROL,
  type Statement,
  statements,
  witnessesAgainst,
} from '../../evidence/sources.ts'
import type { EvidenceSource } from '../../model/finding.ts'
import { isProvenOff } from '../../model/instance.ts'
import { isReboot } from '../../model/rungs.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import { countLate, isLateAfterReboot } from '../../round/late.ts'
import type { Round } from '../../round/round.ts'
import { rungName } from '../../round/round.ts'
import { whyNotUnusable } from '../../round/unusable.ts'

const NAME = 'Witness'
const OK = ok(NAME)

/** Whose word it is, for people. */
const SOURCES: Readonly<Record<EvidenceSource | 'network', string>> = {
  network: 'the network (no heartbeat, no handshake)',
  kubelet: "the kubelet's own report",
  lease: 'the heartbeat',
  probe: 'a TCP probe',
  cloud: 'the cloud',
  alert: 'an alert',
  person: 'a person',
}

/** How much evidence an act needs: the more it destroys, the more independent planes must agree. */
export const witness: Gate = {
  name: NAME,
  begin: (round) => {
    const late = countLate(round)
    return (subject) => {
      if (isWordEnough(subject)) return byWord(subject)
      if (!subject.late) return judge(round, subject)
      if (late() > 1) return heartbeatsLate(late())
      return isLateAfterReboot(round, subject) ? lateAfterReboot(subject) : judge(round, subject)
    }
  },
}

/** A person's word is enough for what the person named; a machine is not replaced by one that named no replacement. */
function isWordEnough(subject: Candidate): boolean {
  const request = subject.suspicion?.request
  const rung = rungName(subject)
  return request !== undefined && (isReboot(rung) || (rung === 'replace' && request.rung === 'replace'))
}

function byWord({ suspicion, detail }: Candidate): GateResult {
  if (!detail || suspicion?.request === undefined) return OK
  return yes(NAME, `${describeRequest(suspicion.request)}; a person's word is enough`)
}

/** Machines do not lose their heartbeats together and answer all the same: the control plane loses them. */
function heartbeatsLate(count: number): GateResult {
  return no(NAME, {
    reason: 'HeartbeatsLate',
    message: `${count} nodes are silent while their ports answer and the cloud says that they run: the control plane is slow, or refuses them, and no reboot of theirs helps it`,
    have: { late: count },
    need: { lateAtMost: 1 },
  })
}

/** One that hangs with an open port is cured by its first reboot. */
function lateAfterReboot(subject: Candidate): GateResult {
  return no(NAME, {
    reason: 'HeartbeatsLate',
    message: `it is silent after a reboot that the cloud proves, while its port answers: its way to the API server is broken, or the API server refuses it, and no reboot helps that; a person decides, by \`heald approve ${subject.repair?.name} ${rungName(subject)} --for 1h\``,
    have: { provenReboots: 1 },
    need: { provenReboots: 0 },
  })
}

function judge(round: Round, subject: Candidate): GateResult {
  const rung = rungName(subject)
  if (rung === 'human') return subject.detail ? yes(NAME, 'no act would follow') : OK
  if (rung === 'start') return forStart(subject)
  if (rung !== 'replace' && subject.plain && !subject.detail) return OK
  const said = statements(subject.suspicion, round.view.now)
  return rung === 'replace' ? forDestructive(round, subject, said) : forDisruptive(subject, said)
}

function forStart({ instance, detail }: Candidate): GateResult {
  const power = instance?.state?.power ?? 'unknown'
  if (isProvenOff(instance))
    return detail ? yes(NAME, `the cloud says the machine is ${power}, which is enough for start`, { power }) : OK
  const message = `only a machine that the cloud calls off or paused is started; it says ${power}`
  return no(NAME, { reason: 'NotProvenOff', message, have: { power }, need: { power: 'off' } })
}

function forDisruptive(subject: Candidate, said: readonly Statement[]): GateResult {
  const { detail, instance } = subject
  const due = said.filter((statement) => statement.due)
  const evidence = due.length > 0 ? due : said.filter((statement) => statement.fails)
  let denied: string | undefined
  for (const statement of evidence) {
    const other = contradiction(statement, said)
    if (other === undefined) {
      if (!detail) return OK
      const have = { failing: failingPlanes(said, instance) }
      const message = `${tell(statement)}; ${rungName(subject)} needs one source that no other contradicts. ${tellOthers(statement, said)}`
      return yes(NAME, message, have, { planes: 1, contradicting: 0 })
    }
    denied ??= `${tell(statement)}, but ${tell(other)}`
  }
  if (denied === undefined) {
    return no(NAME, { reason: 'NoEvidence', message: 'nothing says now that the node is broken', need: { planes: 1 } })
  }
  const have = { failing: failingPlanes(said, instance) }
  return no(NAME, { reason: 'Contradicted', message: denied, have, need: { contradicting: 0 } })
}

function forDestructive(round: Round, subject: Candidate, said: readonly Statement[]): GateResult {
  const { detail, instance } = subject
  const planes = witnessesAgainst(said, instance)
  const have = { failing: planes }
  const need = { planes: 2, contradicting: 0 }
  for (const statement of said) {
    const other = statement.fails ? contradiction(statement, said) : undefined
    if (other === undefined) continue
    return no(NAME, { reason: 'Contradicted', message: `${tell(statement)}, but ${tell(other)}`, have, need })
  }
  if (planes.length >= 2) {
    return detail
      ? yes(
          NAME,
          `${planes.length} independent sources call the node broken, and replace needs two: ${namesOf(planes)}`,
          have,
          need,
        )
      : OK
  }
  if (planes[0] === 'network') return forUnheard(round, subject)
  const alone = planes[0] === undefined ? 'no source says' : `only one source (${SOURCES[planes[0]]}) says`
  const cloud = cloudAgrees(instance) ? '' : '; the cloud sees nothing wrong with the machine'
  const blind = subject.suspicion?.witnesses.find(({ finding }) => finding.reason === NO_CONTROL)?.finding.message
  const untried = said.filter(({ fails, isUntried }) => fails && isUntried).map(({ by }) => by)
  const closed =
    untried.length === 0
      ? ''
      : `; ${untried.join(', ')} was not seen to pass on this node, so that its failure is no witness`
  const message = `${alone} that the node is broken, and a replacement needs two independent ones${cloud}${closed}${blind === undefined ? '' : `; ${blind}`}`
  return no(NAME, { reason: planes.length === 0 ? 'NoEvidence' : 'OnePlane', message, have, need })
}

/** Nobody can use a node that stays silent through a reboot; before that is shown, it may only be cut off from us. */
function forUnheard(round: Round, subject: Candidate): GateResult {
  const why = whyNotUnusable(round, subject)
  const have = { failing: ['network'], alone: why === undefined }
  if (why === undefined) {
    const message =
      'nothing of the node is heard, it is the only one, and it stayed silent through a reboot that the cloud proves: nobody can use it'
    return subject.detail ? yes(NAME, message, have) : OK
  }
  return no(NAME, {
    reason: 'OnlyUnheard',
    message: `no heartbeat and no handshake are one witness, the network, and ${why}; a person or the cloud must say that the machine itself is broken`,
    have,
    need: { planes: 2 },
  })
}

function tell({ by, plane, symptom, fails }: Statement): string {
  const who = by.startsWith('the ') ? SOURCES[plane] : `${by} (by ${SOURCES[plane]})`
  return fails ? `${who} says ${symptom}` : `${who} finds no ${symptom}`
}

function tellOthers({ plane }: Statement, said: readonly Statement[]): string {
  const others = said.filter((other) => other.plane !== plane)
  return others.length === 0 ? 'No other source could tell' : `Also asked: ${others.map(tell).join(', ')}`
}

function namesOf(planes: readonly (EvidenceSource | 'network')[]): string {
  return planes.map((plane) => SOURCES[plane]).join(' and ')
}

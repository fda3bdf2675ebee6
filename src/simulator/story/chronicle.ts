import type { Explanation } from '../../core/model/view.ts'
import { isProbeName } from '../../kube/crd/definition.ts'
import { formatDuration } from '../../lib/pure/duration.ts'
import { listOf, recordOf, textOrEmpty } from '../../lib/pure/json.ts'
import type { LocalApi } from '../api/local.ts'
import type { Fields, Stored } from '../api/store/objects.ts'
import type { CloudAct } from '../cluster/cloud.ts'
import type { Narrator, Voice } from './narrator.ts'

/** Tells what heald writes down while it works: every line is read from a NodeRepair, an event or the cloud's list of acts. */
export interface Chronicle {
  act(act: CloudAct): void
  /** What the gates that are told said when this attempt was ordered, by gate. */
  reasons(repair: string, attempt: number): Readonly<Record<string, string>>
  stop(): void
}

/** What a passed-over rung says of itself, in words for somebody new. */
const SKIPS: Readonly<Record<string, string>> = {
  NotOff: 'the cloud says that the machine runs',
  AlreadyRunning: 'the machine is running',
  NotRunning: 'the machine is not running',
  ClimbedPast: 'a stronger one was tried already',
  Unsupported: 'this cloud cannot do it',
}

/** What the cloud does, where the bare word would not tell. */
const CALLS: Readonly<Record<string, string>> = {
  stop: 'stops the old machine of',
  create: 'creates a new machine under the name',
  remove: 'deletes the old machine of',
}

/** `why` answers like `heald why NODE`, from the newest round. */
export function startChronicle(
  api: LocalApi,
  narrator: Narrator,
  why: (node: string) => Explanation | undefined,
): Chronicle {
  const told = new Map<string, Readonly<Record<string, string>>>()

  function tellOrder(repair: Stored, attempt: Fields): void {
    const node = textOrEmpty(recordOf(repair.spec).nodeName)
    const said = why(node)
    if (said?.kind === 'repair') {
      const reasons = reasonsOf(said, recordOf(repair.spec).role === 'master')
      told.set(`${repair.metadata.name}/${String(attempt.id)}`, reasons)
      const texts = Object.entries(reasons).map(([gate, text]) => `${gate}: ${text}`)
      narrator.line('why', `all ${said.gates.length} safety gates allow ${said.rung}. ${texts.join('. ')}`)
    }
    narrator.line('heald', issued(node, attempt, recordOf(repair.status)))
  }

  const stop = api.store.onChange(({ shelf, before, after }) => {
    if (before !== undefined && after !== undefined && shelf === 'nodes') tellCordon(narrator, before, after)
    if (shelf !== 'noderepairs' || after === undefined || isProbeName(after.metadata.name)) return
    if (before === undefined) narrator.line('heald', opened(after))
    else tellChange(narrator, after, recordOf(before.status), (attempt) => tellOrder(after, attempt))
  })
  return {
    stop,
    reasons: (repair, attempt) => told.get(`${repair}/${attempt}`) ?? {},
    act: ({ act, name, instance }) => {
      const call = CALLS[act] ?? `carries out ${act} of`
      narrator.line('cloud', act === 'create' ? `${call} ${name}` : `${call} ${name} (${instance})`)
    },
  }
}

/** The gates that say most about this node and rung. */
function reasonsOf({ gates, rung }: Explanation, isMaster: boolean): Readonly<Record<string, string>> {
  const names = ['Witness', isMaster ? 'Quorum' : 'Breaker', ...(rung === 'replace' ? ['LocalData', 'Approval'] : [])]
  return Object.fromEntries(
    gates.filter(({ gate }) => names.includes(gate)).map(({ gate, message }) => [gate, message]),
  )
}

function tellCordon(narrator: Narrator, before: Stored, after: Stored): void {
  const isCordoned = recordOf(after.spec).unschedulable === true
  if ((recordOf(before.spec).unschedulable === true) === isCordoned) return
  const { name } = after.metadata
  narrator.line(
    'heald',
    isCordoned
      ? `cordons ${name}: no new pods there`
      : `takes its cordon back: ${name}, whose repair is over, may have pods again`,
  )
}

function opened(repair: Stored): string {
  const { nodeName, evidence } = recordOf(repair.spec)
  const causes = listOf(evidence)
    .map(recordOf)
    .map(({ check, reason, message, failingForSeconds }) => {
      const text = textOrEmpty(message) || textOrEmpty(reason)
      const time = Number(failingForSeconds) < 1 ? 'less than 1s' : `${String(failingForSeconds)}s`
      return `the ${textOrEmpty(check)} check has failed for ${time} (${text.replace(/\.$/, '')})`
    })
  return `opens NodeRepair ${repair.metadata.name} for ${textOrEmpty(nodeName)}: ${causes.join('; ')}`
}

function tellChange(narrator: Narrator, repair: Stored, before: Fields, tellOrder: (attempt: Fields) => void): void {
  const after = recordOf(repair.status)
  const node = textOrEmpty(recordOf(repair.spec).nodeName)
  for (const hold of newHolds(before, after))
    narrator.line('holds', `${textOrEmpty(hold.gate)}: ${textOrEmpty(hold.message)}`)
  const known = new Map(listOf(before.attempts).map((attempt) => [recordOf(attempt).id, recordOf(attempt)]))
  for (const attempt of listOf(after.attempts).map(recordOf)) {
    const earlier = known.get(attempt.id)
    if (earlier === undefined) tellOrder(attempt)
    else if (earlier.state !== attempt.state) tellOutcome(narrator, attempt)
  }
  if (before.phase !== after.phase) tellPhase(narrator, node, after)
}

function issued(node: string, attempt: Fields, status: Fields): string {
  const failed = listOf(status.attempts)
    .map(recordOf)
    .filter(({ state }) => state === 'Failed')
    .map(({ rung }) => `${textOrEmpty(rung)} did not help`)
  const skipped = listOf(status.skipped)
    .map(recordOf)
    .map(({ rung, reason }) => `not ${textOrEmpty(rung)}: ${SKIPS[textOrEmpty(reason)] ?? textOrEmpty(reason)}`)
  const reasons = failed.length === 0 ? skipped : failed
  const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`
  return `records attempt ${String(attempt.id)}, then orders ${textOrEmpty(attempt.rung)} of ${node}${why}`
}

function tellOutcome(narrator: Narrator, attempt: Fields): void {
  const rung = textOrEmpty(attempt.rung)
  if (attempt.state === 'Failed')
    narrator.line(
      'heald',
      `${rung} did not help: ${textOrEmpty(attempt.message)}. If the check goes on failing, the next rung follows`,
    )
  else if (attempt.state === 'NotSent')
    narrator.line('heald', `${rung} was never sent: ${textOrEmpty(attempt.message)}`)
  else if (attempt.state === 'Unknown') narrator.line('heald', `${rung}: the answer is lost; looks what became of it`)
}

function tellPhase(narrator: Narrator, node: string, status: Fields): void {
  const [voice, text] = phaseLine(node, status)
  if (text !== '') narrator.line(voice, text)
}

function phaseLine(node: string, status: Fields): readonly [Voice, string] {
  const message = textOrEmpty(status.message)
  switch (status.phase) {
    case 'Draining':
      return ['heald', status.drained === undefined ? `drains ${node} first` : `drain: ${textOrEmpty(status.drained)}`]
    case 'Verifying':
      return [
        'proof',
        `the cloud says done${renewed(status)}. Still to be seen: ${PROOFS[textOrEmpty(status.rung)] ?? 'a new boot'}, Ready=True, a heartbeat newer than that`,
      ]
    case 'Soaking':
      return ['proof', `${node} has shown all three; now it must stay well`]
    case 'Succeeded':
      return ['done', `${node}: ${message}`]
    case 'Cancelled':
      return ['done', `repair of ${node} called off: ${message}`]
    case 'Parked':
      return ['holds', `${node} needs a person: ${message}`]
    default:
      return ['heald', '']
  }
}

/** What proves that this rung was carried out. */
const PROOFS: Readonly<Record<string, string>> = {
  start: 'the machine running',
  replace: 'the Node on the new machine',
}

function renewed({ replacement }: Fields): string {
  const { id } = recordOf(recordOf(replacement).instance)
  return id === undefined ? '' : `: same name, new machine ${textOrEmpty(id)}`
}

function newHolds(before: Fields, after: Fields): readonly Fields[] {
  const known = new Set(listOf(before.holds).map((hold) => textOrEmpty(recordOf(hold).gate)))
  return listOf(after.holds)
    .map(recordOf)
    .filter((hold) => !known.has(textOrEmpty(hold.gate)))
}

/** `4.2s`, or the usual form from a minute on. */
export function elapsed(ms: number): string {
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)}s` : formatDuration(ms)
}

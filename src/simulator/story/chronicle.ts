import { formatDuration } from '../../lib/pure/duration.ts'
import { type Fields, fieldsOf, listOf, type Stored, textOf } from '../api/objects.ts'
import type { EmbeddedApi } from '../api/server.ts'
import type { CloudAct } from '../cluster/cloud.ts'
import type { Narrator, Voice } from './narrator.ts'

/** Tells what heald writes down while it works: every line is read from a NodeRepair, an event or the cloud's list of acts. */
export interface Chronicle {
  act(act: CloudAct): void
  stop(): void
}

/** What a passed-over rung says of itself, in words for somebody new. */
const SKIPS: Readonly<Record<string, string>> = {
  NotOff: 'the machine is not off',
  AlreadyRunning: 'the machine is running',
  NotRunning: 'the machine is not running',
  ClimbedPast: 'a stronger one was tried already',
  Unsupported: 'this cloud cannot do it',
}

export function startChronicle(api: EmbeddedApi, narrator: Narrator): Chronicle {
  const stop = api.store.onChange(({ shelf, before, after }) => {
    if (shelf !== 'noderepairs' || after === undefined || after.metadata.name === 'heald-probe') return
    if (before === undefined) narrator.line('heald', opened(after))
    else tellChange(narrator, after, fieldsOf(before.status), fieldsOf(after.status))
  })
  return {
    stop,
    act: ({ act, name, instance }) => {
      const which = act === 'create' ? `in the place of ${instance}` : instance
      narrator.line('cloud', `carries out: ${act} ${name} (${which})`)
    },
  }
}

function opened(repair: Stored): string {
  const { nodeName, evidence } = fieldsOf(repair.spec)
  const causes = listOf(evidence)
    .map(fieldsOf)
    .map(({ check, reason, message, failingForSeconds }) => {
      const text = textOf(message) || textOf(reason)
      return `${textOf(check)} fails for ${String(failingForSeconds)}s (${text.replace(/\.$/, '')})`
    })
  return `opens NodeRepair ${repair.metadata.name} for ${textOf(nodeName)}: ${causes.join('; ')}`
}

function tellChange(narrator: Narrator, repair: Stored, before: Fields, after: Fields): void {
  const node = textOf(fieldsOf(repair.spec).nodeName)
  for (const hold of newHolds(before, after)) narrator.line('holds', `${textOf(hold.gate)}: ${textOf(hold.message)}`)
  const known = new Map(listOf(before.attempts).map((attempt) => [fieldsOf(attempt).id, fieldsOf(attempt)]))
  for (const attempt of listOf(after.attempts).map(fieldsOf)) {
    const earlier = known.get(attempt.id)
    if (earlier === undefined) narrator.line('heald', issued(node, attempt, after))
    else if (earlier.state !== attempt.state) tellOutcome(narrator, attempt)
  }
  if (before.phase !== after.phase) tellPhase(narrator, node, after)
}

function issued(node: string, attempt: Fields, status: Fields): string {
  const skipped = listOf(status.skipped)
    .map(fieldsOf)
    .map(({ rung, reason }) => `${textOf(rung)} would not help: ${SKIPS[textOf(reason)] ?? textOf(reason)}`)
  const why = skipped.length === 0 ? '' : ` (${skipped.join('; ')})`
  return `writes down attempt ${String(attempt.id)}, then orders: ${textOf(attempt.rung)} of ${node}${why}`
}

function tellOutcome(narrator: Narrator, attempt: Fields): void {
  const rung = textOf(attempt.rung)
  if (attempt.state === 'Failed')
    narrator.line('heald', `${rung} did not help: ${textOf(attempt.message)}; the next rung is due`)
  else if (attempt.state === 'NotSent') narrator.line('heald', `${rung} was never sent: ${textOf(attempt.message)}`)
  else if (attempt.state === 'Unknown') narrator.line('heald', `${rung}: the answer is lost; looks what became of it`)
}

function tellPhase(narrator: Narrator, node: string, status: Fields): void {
  const [voice, text] = phaseLine(node, status)
  if (text !== '') narrator.line(voice, text)
}

function phaseLine(node: string, status: Fields): readonly [Voice, string] {
  const message = textOf(status.message)
  switch (status.phase) {
    case 'Draining':
      return ['heald', status.drained === undefined ? `drains ${node} first` : `drain: ${textOf(status.drained)}`]
    case 'Verifying':
      return ['proof', 'the cloud says done; heald wants to see a new boot, Ready and a fresh heartbeat']
    case 'Soaking':
      return ['proof', `${node} has all of that; now it must stay well`]
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

function newHolds(before: Fields, after: Fields): readonly Fields[] {
  const known = new Set(listOf(before.holds).map((hold) => textOf(fieldsOf(hold).gate)))
  return listOf(after.holds)
    .map(fieldsOf)
    .filter((hold) => !known.has(textOf(hold.gate)))
}

/** `4.2s`, or the usual form from a minute on. */
export function elapsed(ms: number): string {
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)}s` : formatDuration(ms)
}

import type { Json, Millis } from '../model/primitives.ts'
import type { HoldReason, OutsideReason } from '../model/reasons.ts'
import type { GateResult } from '../model/view.ts'
import type { Candidate } from './candidate.ts'
import type { Round } from './round.ts'

/**
 * One named reason to act or not. `begin` runs once per round, so that what is the same for the whole fleet is worked
 * out once; what it returns answers for one subject, by numbers and without side effects.
 */
export interface Gate {
  readonly name: string
  begin(round: Round): (subject: Candidate) => GateResult
}

/** What a gate answers to most nodes: one frozen object, so that 15,000 suspects do not cost 15,000 of them. */
export function ok(gate: string): GateResult {
  return Object.freeze({ gate, pass: true, reason: 'Ok', message: '', have: null, need: null })
}

/** Yes, with the numbers: for `explain`, where somebody wants to read them. */
export function yes(gate: string, message: string, have: Json = null, need: Json = null): GateResult {
  return { gate, pass: true, reason: 'Ok', message, have, need }
}

export interface Hold {
  readonly reason: HoldReason | OutsideReason
  readonly message: string
  readonly have?: Json
  readonly need?: Json
  /** Monotonic; when the answer may change by time alone. */
  readonly changesAt?: Millis
}

export function no(gate: string, { reason, message, have = null, need = null, changesAt }: Hold): GateResult {
  if (changesAt === undefined) return { gate, pass: false, reason, message, have, need }
  return { gate, pass: false, reason, message, have, need, changesAt }
}

/** Answers once per key and round, also where the answer is undefined: a pool's or a zone's numbers are the same for all of its nodes. */
export function oncePer<K, T>(answer: (key: K) => T): (key: K) => T {
  const known = new Map<K, T>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined || known.has(key)) return before as T
    const now = answer(key)
    known.set(key, now)
    return now
  }
}

/** `8.3 %`. */
export function shareText(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Number(((100 * part) / whole).toFixed(1))} %`
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

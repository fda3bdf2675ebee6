import { TOO_YOUNG } from './gates/evidence/startup-grace.ts'
import { UNREADABLE } from './gates/evidence/unhealthy-for.ts'
import type { Millis } from './model/primitives.ts'
import type { GateResult, Verdict } from './model/view.ts'
import type { Candidate } from './round/candidate.ts'

/** What every gate answers to a node, and what follows from it. Nodes that fail alike share one. */
export interface Answers {
  readonly gates: readonly GateResult[]
  readonly kind: Verdict['kind']
  readonly wakeAt: Millis | undefined
}

type Test = (subject: Candidate) => GateResult

/** Where those with the same holds meet: what they were answered, and where a further hold leads. */
interface Branch {
  answers: Answers | undefined
  further: Map<GateResult, Branch> | undefined
}

/** Asks every gate about a subject. Who gets the very same answers as somebody with the same holds before gets his list. */
export function createAsk(tests: readonly Test[], now: Millis): (subject: Candidate) => Answers {
  const root: Branch = { answers: undefined, further: undefined }
  const given: GateResult[] = []
  return (subject) => {
    let branch = root
    for (let index = 0; index < tests.length; index++) {
      const result = tests[index]?.(subject)
      if (result === undefined) continue
      given[index] = result
      if (!result.pass) branch = furtherOn(branch, result)
    }
    if (branch.answers === undefined || !isSame(branch.answers.gates, given)) {
      branch.answers = conclude([...given], now)
    }
    return branch.answers
  }
}

function isSame(a: readonly GateResult[], b: readonly GateResult[]): boolean {
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

function furtherOn(branch: Branch, hold: GateResult): Branch {
  branch.further ??= new Map()
  const known = branch.further.get(hold)
  if (known !== undefined) return known
  const fresh: Branch = { answers: undefined, further: undefined }
  branch.further.set(hold, fresh)
  return fresh
}

/** The same answers but for this one; undefined when that gate was not asked at all. */
export function withAnswer({ gates }: Answers, result: GateResult, now: Millis): Answers | undefined {
  const at = gates.findIndex(({ gate }) => gate === result.gate)
  return at < 0 ? undefined : conclude(gates.with(at, result), now)
}

function conclude(gates: readonly GateResult[], now: Millis): Answers {
  let passes = true
  let due = true
  let underWay = false
  let wakeAt: Millis | undefined
  for (const { gate, pass, reason, changesAt } of gates) {
    if (pass) continue
    passes = false
    if (reason === TOO_YOUNG || (gate === 'UnhealthyFor' && reason !== UNREADABLE)) due = false
    // A repair that acts, proves or is parked, or whose Node is gone, is nothing to watch for becoming due.
    if (gate === 'AlreadyInRepair' || (gate === 'Identity' && reason === 'NodeGone')) underWay = true
    if (changesAt !== undefined && changesAt > now) wakeAt = earlier(wakeAt, changesAt)
  }
  return { gates, kind: passes ? 'repair' : due || underWay ? 'hold' : 'watch', wakeAt }
}

export function earlier(a: Millis | undefined, b: Millis | undefined): Millis | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}

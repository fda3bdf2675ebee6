import type { Millis } from '../core/model/primitives.ts'
import type { RecordedVerdict } from '../record/format.ts'

/** What would be done about a node at one moment. Failing and not yet due is `nothing`, as is being well. */
export type Said =
  | { readonly do: 'nothing' }
  | { readonly do: 'hold'; readonly gate: string; readonly reason: string }
  | { readonly do: 'act'; readonly rung: string }

export interface Difference {
  /** Calendar milliseconds. */
  readonly from: Millis
  /** Undefined: up to the end of the record. */
  readonly until: Millis | undefined
  readonly node: string
  readonly recorded: Said
  readonly other: Said
}

export interface Differences {
  /** A moment at which both have spoken. `calendar`: that moment for people. */
  see(
    moment: { readonly now: Millis; readonly calendar: Millis },
    recorded: ReadonlyMap<string, RecordedVerdict>,
    other: ReadonlyMap<string, RecordedVerdict>,
  ): void
  /** What is still open stays so. What comes after is compared anew. */
  cut(): void
  /** In the order of time. */
  all(): readonly Difference[]
  /** More than are kept. */
  readonly dropped: number
}

interface Open {
  readonly now: Millis
  readonly from: Millis
  readonly recorded: Said
  readonly other: Said
  /** What both said before; undefined when they differed before, too. */
  readonly before: Said | undefined
}

const NOTHING: Said = { do: 'nothing' }
/** Two rounds of the leader: who comes a round later says the same. */
const SAME_MS: Millis = 2_000
const MOST = 100_000

/** Where two policies say something else about a node, from when until when. */
export function createDifferences(): Differences {
  const agreed = new Map<string, Said>()
  const open = new Map<string, Open>()
  const closed: Difference[] = []
  let dropped = 0

  const close = (node: string, { from, recorded, other }: Open, until: Millis | undefined): void => {
    if (closed.length < MOST) closed.push({ from, until, node, recorded, other })
    else dropped += 1
  }
  const agree = (node: string, said: Said, now: Millis, calendar: Millis): void => {
    const before = open.get(node)
    if (before !== undefined) {
      open.delete(node)
      if (!isOnlyLater(before, said, now)) close(node, before, calendar)
    }
    if (said.do === 'nothing') agreed.delete(node)
    else agreed.set(node, said)
  }

  return {
    see({ now, calendar }, recorded, other) {
      for (const node of new Set([...recorded.keys(), ...other.keys(), ...open.keys(), ...agreed.keys()])) {
        const ours = saidBy(recorded.get(node))
        const theirs = saidBy(other.get(node))
        const before = open.get(node)
        if (isSame(ours, theirs)) agree(node, ours, now, calendar)
        else if (before === undefined || !isSame(before.recorded, ours) || !isSame(before.other, theirs)) {
          if (before !== undefined) close(node, before, calendar)
          const common = before === undefined ? (agreed.get(node) ?? NOTHING) : undefined
          open.set(node, { now, from: calendar, recorded: ours, other: theirs, before: common })
        }
      }
    },
    cut() {
      for (const [node, one] of open) close(node, one, undefined)
      open.clear()
      agreed.clear()
    },
    all: () => closed.sort((a, b) => a.from - b.from || (a.node < b.node ? -1 : 1)),
    get dropped() {
      return dropped
    },
  }
}

/** Both went from the same word to the same word, one of them a moment later. */
function isOnlyLater({ now: since, recorded, other, before }: Open, after: Said, now: Millis): boolean {
  if (before === undefined || now - since > SAME_MS) return false
  return (isSame(recorded, before) && isSame(other, after)) || (isSame(other, before) && isSame(recorded, after))
}

export function saidBy(verdict: RecordedVerdict | undefined): Said {
  if (verdict === undefined || verdict.kind === 'watch') return NOTHING
  if (verdict.kind === 'repair') return { do: 'act', rung: verdict.rung ?? 'human' }
  return { do: 'hold', gate: verdict.gate ?? '', reason: verdict.reason ?? '' }
}

export function isSame(a: Said, b: Said): boolean {
  if (a.do === 'act') return b.do === 'act' && a.rung === b.rung
  if (a.do === 'hold') return b.do === 'hold' && a.gate === b.gate && a.reason === b.reason
  return b.do === 'nothing'
}

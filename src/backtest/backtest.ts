import { toPolicy } from '../config/policy.ts'
import type { Config } from '../config/schema/schema.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { RecordedVerdict } from '../record/format.ts'
import { RecordError, readRecord, recordFiles } from '../record/read.ts'
import { createDifferences, type Difference, type Said } from './differences.ts'
import { createReplay, type Replay } from './replay.ts'

export interface Backtest {
  readonly files: number
  readonly lines: number
  /** Calendar milliseconds; undefined: nothing was recorded. */
  readonly from: Millis | undefined
  readonly until: Millis | undefined
  /** Hashes of the policies in force while it was recorded, in the order in which they came. */
  readonly policies: readonly string[]
  readonly policy: string
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[]
  readonly differences: readonly BacktestDifference[]
  /** More than are kept. */
  readonly dropped: number
}

export interface BacktestDifference extends Difference {
  /** One of the two has acted before: the world would have gone on in another way than the record tells. */
  readonly afterAct: boolean
}

const MOST_PROBLEMS = 100

/**
 * What another policy would have said where the leader said something else. `path`: a directory of a record, or one of
 * its files. Throws a RecordError when nothing of it can be read.
 */
export async function backtest(path: string, config: Config): Promise<Backtest> {
  const files = await recordFiles(path)
  const differences = createDifferences()
  const policies: string[] = []
  const problems: string[] = []
  let replay: Replay | undefined
  let recorded = new Map<string, RecordedVerdict>()
  let [lines, read] = [0, 0]
  let from: Millis | undefined
  let until: Millis | undefined
  const complain = (problem: string): void => {
    if (problems.length < MOST_PROBLEMS) problems.push(problem)
    // What follows does not go on where this ended.
    differences.cut()
    replay = undefined
  }
  const heard = (said: ReadonlyMap<string, RecordedVerdict>): void => {
    const past = replay?.past
    if (past === undefined) return
    differences.see({ now: past.clock.now(), calendar: past.calendar() }, recorded, said)
  }

  for (const file of files) {
    try {
      for await (const one of readRecord(file)) {
        if ('problem' in one) {
          complain(one.problem)
          continue
        }
        const { line } = one
        lines += 1
        if (line.is === 'header') continue
        if (line.is === 'begin') {
          replay = createReplay(line, config, heard)
          recorded = new Map()
          from ??= line.calendar
          continue
        }
        if (line.is === 'policy' && policies.at(-1) !== line.hash) policies.push(line.hash)
        if (line.is === 'round') {
          until = line.calendar
          for (const [node, verdict] of Object.entries(line.verdicts)) {
            if (verdict === null) recorded.delete(node)
            else recorded.set(node, verdict)
          }
        }
        replay?.take(line)
      }
      read += 1
    } catch (thrown) {
      if (!(thrown instanceof RecordError) || files.length === 1) throw thrown
      complain(thrown.message)
    }
  }
  if (read === 0) throw new RecordError(`${path}: none of its ${files.length} files can be read: ${problems[0]}`)
  differences.cut()
  const found = differences.all()
  const firstAct =
    found.find(({ recorded: ours, other }) => isAct(ours) || isAct(other))?.from ?? Number.POSITIVE_INFINITY
  return {
    ...{ files: read, lines, from, until, policies, problems },
    policy: toPolicy(config).hash,
    differences: found.map((one) => ({ ...one, afterAct: one.from > firstAct })),
    dropped: differences.dropped,
  }
}

function isAct(said: Said): boolean {
  return said.do === 'act'
}

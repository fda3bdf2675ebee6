import type { Lab } from './cluster.ts'
import { until } from './until.ts'

const MARKS = 'heald.dev/marks'

// biome-ignore lint/suspicious/noExplicitAny: as the API server answers
export type Stored = any

/** The node's next repair, once it has ended. `known`: how many it had before. */
export async function finished(lab: Lab, node: string, limitMs = 240_000, known = 0): Promise<Stored> {
  const ended = async (): Promise<Stored> => {
    const repair = (await lab.repairs(node))[known]
    return repair?.status?.finishedAt === undefined ? undefined : repair
  }
  return until(`a repair of ${node} ends`, ended, limitMs).catch(async (thrown: Error) => {
    const repairs = (await lab.repairs(node)).map(({ status }) => status)
    throw new Error(`${thrown.message}: ${JSON.stringify(repairs)}`)
  })
}

/** `RUNG STATE` of every attempt. */
export function ladderOf(repair: Stored): readonly string[] {
  return repair.status.attempts.map(({ rung, state }: Stored) => `${rung} ${state}`)
}

/** The cordon and the marks go a moment after the repair has ended. */
export async function unmarked(lab: Lab, node: string): Promise<void> {
  const isUnmarked = async (): Promise<boolean> => !(MARKS in ((await lab.node(node)).metadata.annotations ?? {}))
  await until(`${node} has no mark`, isUnmarked, 30_000)
}

export async function isCordoned(lab: Lab, node: string): Promise<boolean> {
  return (await lab.node(node)).spec.unschedulable === true
}

export async function bootOf(lab: Lab, node: string): Promise<string> {
  return (await lab.node(node)).status.nodeInfo.bootID
}

export async function uidOf(lab: Lab, node: string): Promise<string> {
  return (await lab.node(node)).metadata.uid
}

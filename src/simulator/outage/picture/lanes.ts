import type { Millis } from '../../../core/model/primitives.ts'
import type { Entry, Played, PlayedAct } from '../play.ts'

export interface Bar {
  readonly from: Millis
  readonly until: Millis
  readonly text: string
}

/** What befell some nodes, the same to each of them: troubles, what held heald, and what the cloud was told to do. */
export interface Lane {
  /** Nobody: it befell the world around them. */
  readonly nodes: readonly string[]
  readonly faults: readonly Bar[]
  readonly holds: readonly Bar[]
  readonly acts: readonly PlayedAct[]
}

/** Nodes to which the same happened within such a time share a lane: a rack of 30 machines is one line of the picture. */
const SAME_MS: Millis = 60_000

/** The lanes of all nodes that had any trouble or were held or acted upon, by when it began. The world comes first. */
export function lanesOf(played: Played, lastsMs: Millis): readonly Lane[] {
  const faults = faultsOf(played, lastsMs)
  const names = new Set([...faults.keys(), ...[...played.holds, ...played.acts].map(({ node }) => node)])
  const lanes = new Map<string, { nodes: string[] } & Omit<Lane, 'nodes'>>()
  for (const name of names) {
    const lane = {
      nodes: name === '' ? [] : [name],
      faults: faults.get(name) ?? [],
      holds: played.holds.filter(({ node }) => node === name).map(barOf),
      acts: played.acts.filter(({ node }) => node === name),
    }
    const key = `${name === ''} ${keyOf(lane)}`
    const same = lanes.get(key)
    if (same === undefined) lanes.set(key, lane)
    else same.nodes.push(name)
  }
  return [...lanes.values()].sort((a, b) => beginOf(a) - beginOf(b))
}

function barOf({ since, until, gate, reason }: Played['holds'][number]): Bar {
  return { from: since, until, text: `${gate}: ${reason}` }
}

function beginOf({ nodes, faults, holds, acts }: Lane): Millis {
  if (nodes.length === 0) return Number.NEGATIVE_INFINITY
  return Math.min(...[...faults, ...holds].map(({ from }) => from), ...acts.map(({ at }) => at))
}

function keyOf({ faults, holds, acts }: Omit<Lane, 'nodes'>): string {
  const about = (ms: Millis): number => Math.round(ms / SAME_MS)
  const bars = [...faults, ...holds].map(({ from, until, text }) => [about(from), about(until), text])
  return JSON.stringify([bars, acts.map(({ at, rung, up }) => [about(at), rung, up])])
}

/** By node; '' is the world. What an act has cured ends with it, whatever the world's own clock says. */
function faultsOf({ timeline, broken }: Played, lastsMs: Millis): ReadonlyMap<string, readonly Bar[]> {
  const faults = new Map<string, Bar[]>()
  const open = new Map<string, Millis>()
  const close = (node: string, what: string, end: Millis): void => {
    const from = open.get(`${node} ${what}`)
    if (from === undefined) return
    open.delete(`${node} ${what}`)
    const cured = broken.find((one) => one.node === node && one.since === from)?.until ?? end
    faults.set(node, [...(faults.get(node) ?? []), { from, until: Math.min(end, cured), text: what }])
  }
  for (const { at, nodes, text } of timeline.filter(({ who }) => who === 'world')) {
    const [what, verb] = wordsOf(text)
    for (const node of nodes.length === 0 ? [''] : nodes) {
      if (verb !== 'ends') open.set(`${node} ${what}`, at)
      if (verb !== 'begins') close(node, what, at)
    }
  }
  for (const key of open.keys()) close(key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1), lastsMs)
  return faults
}

/** `network begins`, `network ends`, or, of a moment, `cordon`. */
function wordsOf(text: Entry['text']): readonly [what: string, verb: string | undefined] {
  const [what = text, verb] = text.split(' ')
  return [what, verb]
}

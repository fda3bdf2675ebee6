import type { InstanceView } from '../model/instance.ts'
import { isInError, isProvenOff } from '../model/instance.ts'
import type { Millis } from '../model/primitives.ts'
import type { View } from '../model/view.ts'
import { statusAt } from './node-health.ts'

/** A renewal within one period (10 s) and one poll of ours (5 s) is life. */
const ALIVE_MS: Millis = 15_000
/** What was on its way when the cloud spoke contradicts nobody. */
const ON_ITS_WAY_MS: Millis = 10_000
/** Two that it is wrong about are no accident of one machine: then it is believed about none. */
const WRONG_ABOUT = 2
/** Machines that turn off, gone or faulty within this of each other did so by one cause, which may be the cloud's own. */
const TOGETHER_MS: Millis = 60_000

/** What the cloud by itself says against a machine; it can not be so while the node shows life. */
export function saysBroken(
  instance: Pick<InstanceView, 'located' | 'state' | 'error'> | undefined,
): 'off' | 'gone' | 'faulty' | undefined {
  if (instance === undefined || instance.error !== undefined) return undefined
  if (instance.located !== undefined && 'gone' in instance.located) return 'gone'
  if (isInError(instance)) return 'faulty'
  return isProvenOff(instance) ? 'off' : undefined
}

type Seen = Pick<View, 'now' | 'heartbeats' | 'instances' | 'suspicions'>

/** The node has shown life after the cloud began to call its machine off, gone or faulty: the cloud, or `locate`, is wrong. */
function isContradicted(node: string, instance: InstanceView, view: Seen): boolean {
  if (saysBroken(instance) === undefined) return false
  const from = (instance.saidSince ?? view.now) + ON_ITS_WAY_MS
  const beatAt = view.heartbeats.get(node)?.changedAt
  if (beatAt !== undefined && beatAt >= from && view.now - beatAt <= ALIVE_MS) return true
  const probe = view.suspicions.get(node)?.witnesses.find(({ plane }) => plane === 'probe')?.finding
  return probe !== undefined && probe.seenAt >= from && statusAt(probe, view.now) === 'pass'
}

/** Of whom the cloud is wrong; from two on it is no witness about anybody. Those that it is right about are not in it. */
export function contradictedNodes(view: Seen): ReadonlySet<string> {
  const wrong = new Set<string>()
  view.instances.forEach((instance, node) => {
    if (isContradicted(node, instance, view)) wrong.add(node)
  })
  return wrong
}

export function isNoWitness(contradicted: ReadonlySet<string>): boolean {
  return contradicted.size >= WRONG_ABOUT
}

/** Of how many machines the cloud says so with this one, itself included: within a minute of it, and all that are gone. */
export function brokenWith(instance: InstanceView, instances: Iterable<InstanceView>): number {
  const { saidSince = Number.NaN } = instance
  let count = 0
  for (const other of instances) {
    const said = saysBroken(other)
    const together = Math.abs((other.saidSince ?? Number.NaN) - saidSince) <= TOGETHER_MS
    if (
      said !== undefined &&
      (other === instance || together || (said === 'gone' && saysBroken(instance) === 'gone'))
    ) {
      count += 1
    }
  }
  return count
}

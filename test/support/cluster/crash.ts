import { isDeepStrictEqual } from 'node:util'
import { type Attempt, isOpen } from '../../../src/core/model/node-repair.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import type { Call } from './gate.ts'
import { config, leader, type Replica, startReplicas } from './replica.ts'
import { startWorld, type World } from './world.ts'

/** A repair of `w0` by one rung, and what the cloud is asked to do for it, once each. */
export interface Scenario {
  readonly rung: RungName
  readonly acts: readonly string[]
}

export const REBOOT: Scenario = { rung: 'reboot-hard', acts: ['reboot-hard'] }
export const REPLACE: Scenario = { rung: 'replace', acts: ['stop', 'create', 'remove'] }

export interface Blow {
  /** Counted from the moment at which the node breaks; 1 is the first. */
  readonly nth: number
  readonly when: 'before' | 'after'
  readonly counts: (call: Call) => boolean
  /** What happens to the leader then. */
  readonly how: 'kill' | { readonly freezeMs: number }
}

export interface Outcome {
  /** The request that was hit; undefined: the repair had ended before the nth one. */
  readonly hit: string | undefined
  readonly faults: readonly string[]
}

const LIMIT_MS = 90_000
const GETS = /^(GET|LIST|WATCH) |^(locate|inspect|recover)$/

/** Whatever changes something. A crash between two of those leaves the same world as one right before or after. */
export function changes({ what }: Call): boolean {
  return !GETS.test(what)
}

export function anything(): boolean {
  return true
}

/** Runs one whole repair in a world of its own, with one blow to its leader, and says what is wrong afterwards. */
export async function strike(scenario: Scenario, blow: Blow, more?: readonly string[]): Promise<Outcome> {
  const world = await startWorld()
  const rung = `{rung: ${scenario.rung}, deadline: 30s, verify: 30s, soak: 1s}`
  const ladder =
    scenario.rung === 'replace'
      ? rung.replace('}', ', drain: 0s, approval: false}')
      : `${rung}, {rung: replace, drain: 0s, approval: false}`
  await world.until('the nodes are there', 10_000, () => world.api.store.list('nodes').length === 4)
  const replicas = await startReplicas(world, 2, config({ ladder }))
  const struck = await leader(world, replicas)
  let count = 0
  let hit: string | undefined
  let target: Call | undefined
  struck.gate.watch((call, when) => {
    if (hit !== undefined || !blow.counts(call)) return
    if (when === 'before' && ++count === blow.nth) target = call
    if (call !== target || when !== blow.when) return
    hit = `${when} ${blow.nth}: ${call.what}`
    if (blow.how === 'kill') struck.kill()
    else {
      struck.freeze()
      void world.clock.sleep(blow.how.freezeMs, world.signal).then(struck.thaw, struck.thaw)
    }
  })
  // A new machine needs two witnesses, and a kubelet that lives is only one against itself.
  const fault = scenario.rung === 'replace' ? 'kubelet-dead' : 'runtime-dead'
  for (const name of ['w0', ...(more ?? [])]) world.machines.break(name, fault)
  const faults: string[] = []
  for (const name of ['w0', ...(more ?? [])]) faults.push(...(await mend(world, scenario, name)))
  if (blow.how !== 'kill' && hit !== undefined) faults.push(...(await woken(world, struck)))
  faults.push(...overlaps(world, ['w0', ...(more ?? [])]), ...world.resent.map((step) => `sent again: ${step}`))
  const living = replicas.filter((one) => one !== struck || blow.how !== 'kill')
  await Promise.all(living.map((one) => one.stop()))
  await world.close()
  return { hit, faults: faults.map((fault) => `${hit ?? 'not hit'}: ${fault}`) }
}

/** Waits for the end of the node's repair, then compares what happened with what may happen. */
async function mend(world: World, scenario: Scenario, name: string): Promise<readonly string[]> {
  const ended = (): boolean => {
    const repairs = world.repairsOf(name)
    return repairs.length > 0 && repairs.every((one) => !isOpen(one) && one.finalizers.length === 0)
  }
  try {
    await world.until(`the repair of ${name} ends`, LIMIT_MS, ended)
    await world.until(`the marks of ${name} are taken back`, LIMIT_MS, () => world.node(name).marks === undefined)
  } catch (thrown) {
    const phases = world.repairsOf(name).map((one) => `${one.status?.phase} ${one.status?.reason}`)
    return [`${String(thrown)} (${phases.join(', ')})`]
  }
  const faults: string[] = []
  const repairs = world.repairsOf(name)
  const [only] = repairs
  if (repairs.length !== 1 || only?.status?.phase !== 'Succeeded') {
    faults.push(`repairs: ${repairs.map((one) => `${one.status?.phase} ${one.status?.reason}`).join(', ')}`)
  }
  const attempts: readonly Attempt[] = only?.status?.attempts ?? []
  const sent = attempts.filter((one) => one.state !== 'NotSent')
  const tried = attempts.map((one) => `${one.rung} ${one.state}`).join(', ')
  if (sent.length !== 1 || attempts.some((one) => one.rung !== scenario.rung)) faults.push(`attempts: ${tried}`)
  for (const { state, order } of attempts) {
    if (state === 'NotSent' && world.acted.has(order.key)) faults.push(`NotSent, but it had acted: ${order.key}`)
  }
  const acts = world.cloud.acts().filter((act) => act.name === name)
  if (
    !isDeepStrictEqual(
      acts.map(({ act }) => act),
      scenario.acts,
    )
  )
    faults.push(`acts: ${acts.map(({ act }) => act).join(', ')} (${tried})`)
  if (world.node(name).unschedulable) faults.push('still cordoned')
  return faults
}

/** Of two nodes that may not be in repair together, the second one's repair begins after the first one's end. */
function overlaps(world: World, names: readonly string[]): readonly string[] {
  const spans = names
    .flatMap((name) => world.repairsOf(name))
    .map(({ name, createdAt, status }) => ({ name, from: createdAt, to: Date.parse(status?.finishedAt ?? '') }))
  return spans.flatMap((one) =>
    spans
      .filter((two) => one !== two && one.from <= two.from && two.from < one.to - 1_000)
      .map((two) => `${two.name} began while ${one.name} was in repair`),
  )
}

/** One that was frozen for longer than its lease says that it lost it, once it wakes. */
async function woken(world: World, struck: Replica): Promise<readonly string[]> {
  const says = (): boolean => struck.notices.some((notice) => notice.reason === 'LeaseLost')
  try {
    await world.until('the woken one says LeaseLost', 20_000, says)
    return []
  } catch (thrown) {
    return [String(thrown)]
  }
}

/** Strikes at every n from 1 on, `together` worlds at a time, until the repair has no nth request any more. */
export async function strikeAll(
  scenario: Scenario,
  blow: Omit<Blow, 'nth'>,
  options: { readonly together: number; readonly more?: readonly string[]; readonly step?: number },
): Promise<{ readonly hits: readonly string[]; readonly faults: readonly string[] }> {
  const hits: string[] = []
  const faults: string[] = []
  let next = 1
  let ended = false
  const worker = async (): Promise<void> => {
    while (!ended) {
      const nth = next
      next += options.step ?? 1
      const outcome = await strike(scenario, { ...blow, nth }, options.more)
      faults.push(...outcome.faults)
      if (outcome.hit === undefined) ended = true
      else hits.push(outcome.hit)
    }
  }
  await Promise.all(Array.from({ length: options.together }, worker))
  return { hits, faults }
}

import { saysBroken } from '../core/evidence/cloud-word.ts'
import type { Finding } from '../core/model/finding.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Millis, Role } from '../core/model/primitives.ts'
import type { TermFacts, View } from '../core/model/view.ts'
import type { CloudProvider } from '../core/ports/cloud-provider.ts'
import type { HealthCheck } from '../core/ports/health-check.ts'
import type { Log, Tell } from '../core/ports/log.ts'
import { NO_STALLS } from '../core/ports/stalls.ts'
import { createLinked, untilAborted } from '../lib/abort.ts'
import { createAlarm } from '../lib/alarm.ts'
import { asError } from '../lib/errors.ts'
import { createOnce } from '../lib/once.ts'
import type { Loop } from '../lib/supervise.ts'
import { createViewAssembler, type ViewSources } from './assemble-view.ts'
import { createMembers } from './cloud/members.ts'
import type { ControlPlane } from './control-plane.ts'
import { createControlledProbe, type Probe } from './controlled-probe.ts'
import type { Checks } from './findings.ts'
import { createJudging } from './judging.ts'
import { createRequests } from './people/requests.ts'
import { runPolls } from './polling.ts'
import { sawAwake } from './sight/looking.ts'
import { createDeparted, createTwins, createWellNodes, inRepair, suspectNodes } from './suspect-nodes.ts'
import { createSuspects } from './suspects.ts'

export interface ObserverOptions extends ViewSources {
  readonly log: Log
  readonly tell: Tell
  readonly provider: CloudProvider
  readonly probe: (node: NodeFacts, signal: AbortSignal) => Promise<Finding>
  readonly localVolumes: (node: string, signal: AbortSignal) => Promise<readonly string[]>
  /** How often suspects are looked at. 5 s. */
  readonly suspectIntervalMs: Millis
  /** When a suspect is looked at again, where somebody knows better than `suspectIntervalMs`: a model of a fleet does. */
  readonly nextLookAt?: (node: string, lookedAt: Millis) => Millis
}

export interface Observer {
  /** Watch, poll and judge, each until aborted. */
  readonly loops: readonly Loop[]
  /** A new configuration's checks, from now on. */
  setChecks(checks: Checks, intervalMs: Millis): void
  /** One consistent picture of now; a leader adds what it alone knows. */
  assembleView(term?: Partial<TermFacts>): View
  readonly controlPlane: ControlPlane
  readonly etcd: ControlPlane
  /** The cloud, the network and the API about this node, now. */
  lookNow(node: string, signal: AbortSignal): Promise<void>
  /** Returns how to stop listening. */
  onChange(listener: () => void): () => void
}

/** At most one look in this time: what happens meanwhile is seen together. Also while we are blind, since nothing tells that sight is back. */
const LOOK_MS = 250

/** Every replica's eyes. Holds no opinion: what it knows goes into the picture with who saw it and when. */
export function createObserver(options: ObserverOptions): Observer {
  const { clock, nodes, repairs, heartbeats, tell, stalls = NO_STALLS } = options
  const judging = createJudging(options)
  const { findings, sight } = judging
  const listeners = new Set<() => void>()
  const alarm = createAlarm(clock)
  const changed = (): void => {
    alarm.ring()
    for (const listener of listeners) listener()
  }
  const probeAwake: Probe = async (node, signal) => {
    const startedAt = clock.now()
    return sawAwake(await options.probe(node, signal), stalls, startedAt)
  }
  const wellNodes = createWellNodes(nodes, repairs, findings)
  const departed = createDeparted(nodes)
  const suspects = createSuspects({
    ...options,
    stalls,
    probe: createControlledProbe({ clock, probe: probeAwake, wellNodes }),
    twinOf: createTwins(nodes),
    askCloud: options.leadership.leading,
    intervalMs: options.suspectIntervalMs,
  })
  let checks: { readonly set: Checks; readonly intervalMs: Millis } = {
    set: { master: [], worker: [] },
    intervalMs: Number.POSITIVE_INFINITY,
  }
  let replaced = new AbortController()

  judging.onChange(changed)
  suspects.onChange(changed)

  const members = createMembers({
    ...{ clock, tell, provider: options.provider },
    nodes: () => nodes.items.values(),
    asks: () => options.leadership.leading() && judging.opened && sight.blindSince === undefined,
    startupMs: () => options.policy().nodeStartupMs,
  })
  const requests = createRequests({ ...options, leading: options.leadership.leading })
  const assembleView = createViewAssembler(options, { ...judging, suspects, missing: members.missing, requests })

  const nodesOf = (role: Role): readonly NodeFacts[] =>
    options.policy().roles[role].enabled ? [...nodes.items.values()].filter((node) => node.role === role) : []

  const tick = (signal: AbortSignal): void => {
    if (judging.look()) changed()
    if (sight.blindSince !== undefined) return
    const suspected = suspectNodes(nodes.items, repairs.items, findings.failing(), requests().keys()).filter(isOurs)
    const busy = inRepair(repairs.items)
    // The cloud knows what became of a machine whose Node is gone.
    suspects.tend([...suspected, ...departed.list(busy), ...controlsOfTheCloud()], busy, signal)
  }

  /** A cloud that calls machines off, gone or faulty is asked about two well nodes, too: does it say the same of those? */
  const controlsOfTheCloud = (): readonly NodeFacts[] => {
    for (const instance of suspects.instances.values()) {
      if (saysBroken(instance) !== undefined) return wellNodes().slice(0, 2)
    }
    return []
  }

  const take = (node: string, check: HealthCheck, finding: Finding, uid?: string): void => {
    // A late answer is about a Node that is gone, or one of the same name before this one.
    const known = nodes.items.get(node)
    if (known === undefined || (uid !== undefined && known.uid !== uid)) return
    const status = () => findings.clocksOf(node).find((one) => one.check.name === check.name)?.finding.status
    const before = status()
    stalls.notice()
    findings.take(node, check, finding)
    alarm.ring()
    if (before !== status()) changed()
  }

  async function look(signal: AbortSignal): Promise<void> {
    const isNew = createOnce()
    while (!signal.aborted) {
      const atLeast = clock.now() + LOOK_MS
      let until = atLeast
      try {
        tick(signal)
        isNew(undefined)
        if (judging.opened && sight.losesAt !== undefined) {
          until = Math.min(sight.losesAt, findings.nextDueAt, suspects.nextTurnAt)
        }
      } catch (thrown) {
        const { message } = asError(thrown)
        if (isNew(message)) tell({ level: 'error', reason: 'LookFailed', message })
      }
      await alarm.sleep({ atLeast, until }, signal)
    }
  }

  async function pollChecks(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      replaced = new AbortController()
      const until = createLinked([signal, replaced.signal])
      const { set, intervalMs } = checks
      const polls = runPolls(set, { clock, log: options.log, stalls, intervalMs, nodesOf, take }, until.signal)
      // A new set does not wait for what the old one has under way.
      await Promise.race([untilAborted(until.signal), polls.then(() => untilAborted(until.signal))])
      until.unlink()
    }
  }

  return {
    setChecks(next, intervalMs) {
      findings.setChecks(next)
      checks = { set: next, intervalMs }
      replaced.abort()
      judging.judgeAll()
      changed()
    },
    loops: [
      { name: 'watch of nodes', run: (signal) => nodes.run(signal) },
      { name: 'watch of repairs', run: (signal) => repairs.run(signal) },
      { name: 'poll of heartbeats', run: (signal) => heartbeats.run(signal) },
      { name: 'polled checks', run: pollChecks },
      { name: 'observer', run: look },
      ...(members.run === undefined ? [] : [{ name: 'list of machines', run: members.run }]),
    ],
    assembleView,
    controlPlane: judging.controlPlane,
    etcd: judging.etcd,
    async lookNow(name, signal) {
      const node = nodes.items.get(name)
      if (node !== undefined) await suspects.lookNow(node, signal)
    },
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** What is no machine of this cloud, its cloud need not be asked about. */
function isOurs({ notOurs }: NodeFacts): boolean {
  return notOurs === undefined
}

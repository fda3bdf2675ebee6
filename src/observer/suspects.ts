import { saysBroken } from '../core/evidence/cloud-word.ts'
import { lastBoot } from '../core/evidence/last-boot.ts'
import type { Finding } from '../core/model/finding.ts'
import type { InstanceRef, InstanceView, Located } from '../core/model/instance.ts'
import type { NodeFacts } from '../core/model/node.ts'
import { refsOf } from '../core/model/object-ref.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { SourceHealth } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import type { CloudProvider } from '../core/ports/cloud-provider.ts'
import { ProviderError } from '../core/ports/cloud-provider.ts'
import type { Tell } from '../core/ports/log.ts'
import { NO_STALLS, type Stalls } from '../core/ports/stalls.ts'
import { asError } from '../lib/errors.ts'
import { createOnce } from '../lib/once.ts'

/** What is known of one suspect beyond its checks. */
interface Look {
  probe: Finding | undefined
  instance: InstanceView | undefined
  localVolumes: readonly string[] | undefined
  volumesAt: Millis
  /** In repair, or about to be. */
  urgent: boolean
  lookedAt: Millis
  /** The look under way: until what it must wait for is seen, and until its very end. */
  seeing: Promise<void> | undefined
  busy: Promise<void> | undefined
}

/** When a whole zone falls silent, as many looks are under way as cloud and API server can bear; who waited longest is next. */
const LOOKS_AT_ONCE = 32
/** Volumes seldom move, and asking for them lists all that the cluster has. Before an act they are asked for anew. */
const VOLUMES_MS = 60_000
/** Whoever is not in repair waits for his turn: a fleet of suspects must not become a storm of lists. */
const VOLUMES_PAUSE_MS = 200

export interface Suspects {
  /** Looks again at each of these nodes whose turn it is, at those in repair first, and forgets all others. */
  tend(nodes: readonly NodeFacts[], inRepair: ReadonlySet<string>, signal: AbortSignal): void
  /** When it is the next one's turn, unless a look ends before; infinite when nobody waits for a turn. */
  readonly nextTurnAt: Millis
  /** Looks at this one now, whatever its turn, and resolves when it has been seen. */
  lookNow(node: NodeFacts, signal: AbortSignal): Promise<void>
  get(node: string): Readonly<Pick<Look, 'probe' | 'instance' | 'localVolumes'>> | undefined
  readonly instances: ReadonlyMap<string, InstanceView>
  /** Nodes whose machine the cloud proves off: one set for as long as it stays the same. */
  stopped(): ReadonlySet<string>
  readonly cloud: SourceHealth['cloud']
  onChange(listener: () => void): void
}

export interface SuspectsOptions {
  readonly clock: Clock
  readonly tell: Tell
  readonly provider: CloudProvider
  readonly probe: (node: NodeFacts, signal: AbortSignal) => Promise<Finding>
  readonly localVolumes: (node: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Another Node that names the same machine as this one. */
  readonly twinOf: (node: NodeFacts) => string | undefined
  /** Only the leader asks the cloud. */
  readonly askCloud: () => boolean
  readonly stalls?: Stalls
  readonly intervalMs: Millis
  /** When the next look is due, where somebody knows whether it would see anything new. `intervalMs` after the last one unless given. */
  readonly nextLookAt?: (node: string, lookedAt: Millis) => Millis
}

/** Asks the cloud, the network and the API about suspects only: a quiet cluster costs nothing. */
export function createSuspects(options: SuspectsOptions): Suspects {
  const { clock, tell, provider, intervalMs, nextLookAt = (_node, lookedAt) => lookedAt + intervalMs } = options
  const { stalls = NO_STALLS } = options
  const looks = new Map<string, Look>()
  const listeners: (() => void)[] = []
  const isNew = createOnce()
  const instances = new Map<string, InstanceView>()
  let stopped: ReadonlySet<string> | undefined
  let busy = 0
  let nextVolumesAt = Number.NEGATIVE_INFINITY
  let cloud: Suspects['cloud']

  const askCloud = async (
    node: NodeFacts,
    before: InstanceView | undefined,
    signal: AbortSignal,
  ): Promise<InstanceView> => {
    try {
      const located = await provider.locate(node, signal)
      const state = 'found' in located ? await provider.inspect(located.found, signal) : undefined
      if (cloud !== undefined) {
        tell({ level: 'info', reason: 'CloudRegained', message: `${provider.name} answers again` })
        cloud = undefined
      }
      const sharedWith = options.twinOf(node)
      const seenAt = clock.now()
      // What a heartbeat could contradict; every other answer counts as one.
      const bootedAfter = lastBoot(before, state)
      const same = before !== undefined && saysBroken(before) === saysBroken({ located, state })
      return {
        located,
        state,
        plans: state === undefined ? plansWhenGone(provider, located) : provider.plan(state),
        seenAt,
        // What it said while we stood still, nobody has heard.
        saidSince: same ? (before.saidSince ?? seenAt) + stalls.since(before.seenAt) : seenAt,
        ...(bootedAfter === undefined ? {} : { bootedAfter }),
        ...(sharedWith === undefined ? {} : { sharedWith }),
      }
    } catch (thrown) {
      signal.throwIfAborted()
      const error =
        thrown instanceof ProviderError ? thrown : new ProviderError('unavailable', 'none', asError(thrown).message)
      if (error.kind === 'unavailable' || error.kind === 'unauthorized' || error.kind === 'throttled') {
        const reason = error.kind === 'unauthorized' ? 'CloudUnauthorized' : 'CloudUnavailable'
        if (cloud === undefined) tell({ level: 'warn', reason, message: `${provider.name}: ${error.message}` })
        cloud = { downSince: cloud?.downSince ?? clock.now(), reason, message: error.message }
      }
      return {
        located: before?.located,
        state: before?.state,
        plans: before?.plans ?? [],
        seenAt: clock.now(),
        ...(before?.saidSince === undefined ? {} : { saidSince: before.saidSince }),
        ...(before?.bootedAfter === undefined ? {} : { bootedAfter: before.bootedAfter }),
        error: { kind: error.kind, message: error.message },
      }
    }
  }

  const askVolumes = async (node: NodeFacts, entry: Look, signal: AbortSignal): Promise<Look['localVolumes']> => {
    const now = clock.now()
    if (now < entry.volumesAt || (!entry.urgent && now < nextVolumesAt)) return entry.localVolumes
    nextVolumesAt = now + VOLUMES_PAUSE_MS
    try {
      const volumes = await options.localVolumes(node.name, signal)
      entry.volumesAt = clock.now() + VOLUMES_MS
      return volumes
    } catch {
      return entry.localVolumes // what was known stands; nothing known holds every destructive rung
    }
  }

  const notify = (): void => {
    for (const listener of listeners) listener()
  }

  const setInstance = (name: string, instance: InstanceView | undefined): void => {
    if (isStopped(instances.get(name)) !== isStopped(instance)) stopped = undefined
    if (instance === undefined) instances.delete(name)
    else instances.set(name, instance)
  }

  const takeProbe = (entry: Look, probe: Finding): void => {
    if ((entry.probe?.seenAt ?? Number.NEGATIVE_INFINITY) <= probe.seenAt) entry.probe = probe
  }

  /**
   * `seen` comes when all is known that may speak for the node. A machine that the cloud proves off has nothing to
   * answer a handshake with: that one is waited for by `done` alone.
   */
  const look = (node: NodeFacts, entry: Look, signal: AbortSignal): { seen: Promise<void>; done: Promise<void> } => {
    const probing = options.probe(node, signal).then((probe) => {
      signal.throwIfAborted()
      return probe
    })
    const asking = Promise.all([
      options.askCloud() ? askCloud(node, entry.instance, signal) : undefined,
      options.askCloud() ? askVolumes(node, entry, signal) : undefined,
    ])
    const seen = (async () => {
      const [instance, localVolumes] = await asking
      if (instance?.state?.provenStopped !== true) takeProbe(entry, await probing)
      signal.throwIfAborted()
      if (looks.get(node.name) === entry) setInstance(node.name, instance)
      entry.instance = instance
      entry.localVolumes = localVolumes
      notify()
    })()
    const done = Promise.all([seen, probing]).then(([, probe]) => takeProbe(entry, probe))
    return { seen, done }
  }

  const entryOf = (name: string): Look => {
    const known = looks.get(name)
    if (known !== undefined) return known
    const fresh: Look = {
      probe: undefined,
      instance: undefined,
      localVolumes: undefined,
      volumesAt: Number.NEGATIVE_INFINITY,
      urgent: false,
      lookedAt: Number.NEGATIVE_INFINITY,
      seeing: undefined,
      busy: undefined,
    }
    looks.set(name, fresh)
    return fresh
  }

  const start = (node: NodeFacts, signal: AbortSignal): ReturnType<typeof look> => {
    const entry = entryOf(node.name)
    // To the end of the line: the map is in the order in which they were looked at last.
    looks.delete(node.name)
    looks.set(node.name, entry)
    entry.lookedAt = clock.now()
    busy += 1
    const { seen, done } = look(node, entry, signal)
    const run = done.finally(() => {
      busy -= 1
      if (entry.busy === run) entry.busy = undefined
      notify()
    })
    entry.seeing = seen
    entry.busy = run
    return { seen, done: run }
  }

  const startQuietly = (node: NodeFacts, signal: AbortSignal): Promise<void> => {
    const { seen, done } = start(node, signal)
    const { name } = node
    done.then(
      () => isNew(undefined, name),
      (thrown: unknown) => {
        const message = `${name}: ${asError(thrown).message}`
        if (signal.aborted || !isNew(message, name)) return
        tell({ level: 'error', reason: 'LookFailed', message, regarding: refsOf(name) })
      },
    )
    return seen
  }

  return {
    tend(nodes, inRepair, signal) {
      const now = clock.now()
      const facts = new Map(nodes.map((node) => [node.name, node]))
      for (const name of looks.keys()) {
        if (facts.has(name)) continue
        looks.delete(name)
        isNew(undefined, name)
        setInstance(name, undefined)
      }
      if (facts.size === 0) cloud = undefined // nobody to ask about: the next suspect finds out
      const isDue = (name: string): boolean => {
        const entry = entryOf(name)
        return entry.busy === undefined && now >= nextLookAt(name, entry.lookedAt)
      }
      for (const name of facts.keys()) entryOf(name).urgent = inRepair.has(name)
      for (const node of nodes) if (inRepair.has(node.name) && isDue(node.name)) void startQuietly(node, signal)
      const line = busy < LOOKS_AT_ONCE ? [...looks.keys()] : []
      for (const name of line) {
        if (busy >= LOOKS_AT_ONCE) break
        const node = facts.get(name)
        if (node !== undefined && isDue(name)) void startQuietly(node, signal)
      }
    },
    get nextTurnAt() {
      let at = Number.POSITIVE_INFINITY
      for (const [name, { busy: look, urgent, lookedAt }] of looks) {
        if (look === undefined && (urgent || busy < LOOKS_AT_ONCE)) at = Math.min(at, nextLookAt(name, lookedAt))
      }
      return at
    },
    async lookNow(node, signal) {
      await looks.get(node.name)?.seeing?.catch(() => undefined)
      provider.forget?.()
      Object.assign(entryOf(node.name), { volumesAt: Number.NEGATIVE_INFINITY, urgent: true })
      await startQuietly(node, signal)
    },
    get: (node) => looks.get(node),
    instances,
    stopped() {
      stopped ??= new Set([...instances].filter(([, instance]) => isStopped(instance)).map(([name]) => name))
      return stopped
    },
    get cloud() {
      return cloud
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

function isStopped(instance: InstanceView | undefined): boolean {
  return instance?.state?.provenStopped === true
}

/** A machine that is gone while its group keeps the slot can still be replaced. */
function plansWhenGone(provider: CloudProvider, located: Located): InstanceView['plans'] {
  if (!('gone' in located) || !located.slot) return []
  const ref: InstanceRef = { id: '', name: '' }
  const state = located.state ?? { ref, power: 'off', provenStopped: true }
  return provider.plan(state).filter((plan) => plan.rung === 'replace')
}

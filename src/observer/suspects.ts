import type { Clock, CloudProvider, Tell } from '../core/ports.ts'
import { ProviderError } from '../core/ports.ts'
import type { Finding, InstanceRef, InstanceView, Located, Millis, NodeFacts } from '../core/types.ts'
import { asError } from '../lib/errors.ts'

/** What is known of one suspect beyond its checks. */
interface Look {
  probe: Finding | undefined
  instance: InstanceView | undefined
  localVolumes: readonly string[] | undefined
  nextAt: Millis
  busy: Promise<void> | undefined
}

export interface Suspects {
  /** Looks again at each of these nodes whose turn it is, and forgets all others. */
  tend(nodes: readonly NodeFacts[], signal: AbortSignal): void
  /** Looks at this one now, whatever its turn, and resolves when it has been seen. */
  lookNow(node: NodeFacts, signal: AbortSignal): Promise<void>
  get(node: string): Readonly<Pick<Look, 'probe' | 'instance' | 'localVolumes'>> | undefined
  instances(): ReadonlyMap<string, InstanceView>
  readonly cloud: { readonly downSince: Millis; readonly reason: string; readonly message: string } | undefined
  onChange(listener: () => void): void
}

export interface SuspectsOptions {
  readonly clock: Clock
  readonly tell: Tell
  readonly provider: CloudProvider
  readonly probe: (node: NodeFacts, signal: AbortSignal) => Promise<Finding>
  readonly localVolumes: (node: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Only the leader asks the cloud. */
  readonly askCloud: () => boolean
  readonly intervalMs: Millis
}

/** Asks the cloud, the network and the API about suspects only: a quiet cluster costs nothing. */
export function createSuspects(options: SuspectsOptions): Suspects {
  const { clock, tell, provider, intervalMs } = options
  const looks = new Map<string, Look>()
  const listeners: (() => void)[] = []
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
      return {
        located,
        state,
        plans: state === undefined ? plansWhenGone(provider, located) : provider.plan(state),
        seenAt: clock.now(),
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
        error: { kind: error.kind, message: error.message },
      }
    }
  }

  const look = async (node: NodeFacts, entry: Look, signal: AbortSignal): Promise<void> => {
    const [probe, instance, localVolumes] = await Promise.all([
      options.probe(node, signal),
      options.askCloud() ? askCloud(node, entry.instance, signal) : undefined,
      options.askCloud() ? options.localVolumes(node.name, signal).catch(() => entry.localVolumes) : undefined,
    ])
    signal.throwIfAborted()
    entry.probe = probe
    entry.instance = instance
    entry.localVolumes = localVolumes
    for (const listener of listeners) listener()
  }

  const start = (node: NodeFacts, signal: AbortSignal): Promise<void> => {
    const entry = looks.get(node.name) ?? {
      probe: undefined,
      instance: undefined,
      localVolumes: undefined,
      nextAt: 0,
      busy: undefined,
    }
    looks.set(node.name, entry)
    entry.nextAt = clock.now() + intervalMs
    const run = look(node, entry, signal).finally(() => {
      if (entry.busy === run) entry.busy = undefined
    })
    entry.busy = run
    return run
  }

  return {
    tend(nodes, signal) {
      const names = new Set(nodes.map((node) => node.name))
      for (const name of looks.keys()) if (!names.has(name)) looks.delete(name)
      if (names.size === 0) cloud = undefined // nobody to ask about: the next suspect finds out
      for (const node of nodes) {
        const entry = looks.get(node.name)
        if (entry !== undefined && (entry.busy !== undefined || clock.now() < entry.nextAt)) continue
        start(node, signal).catch((thrown: unknown) => {
          if (signal.aborted) return
          tell({
            level: 'error',
            reason: 'LookFailed',
            message: `${node.name}: ${asError(thrown).message}`,
            node: node.name,
          })
        })
      }
    },
    async lookNow(node, signal) {
      await looks.get(node.name)?.busy?.catch(() => undefined)
      await start(node, signal)
    },
    get: (node) => looks.get(node),
    instances() {
      const known = new Map<string, InstanceView>()
      for (const [name, entry] of looks) if (entry.instance !== undefined) known.set(name, entry.instance)
      return known
    },
    get cloud() {
      return cloud
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

/** A machine that is gone while its group keeps the slot can still be replaced. */
function plansWhenGone(provider: CloudProvider, located: Located): InstanceView['plans'] {
  if (!('gone' in located) || !located.slot) return []
  const ref: InstanceRef = { id: '', name: '' }
  return provider.plan({ ref, power: 'off', provenStopped: true }).filter((plan) => plan.rung === 'replace')
}

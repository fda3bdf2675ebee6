import type { ConfigReloader } from '../config/reloader.ts'
import { decide } from '../core/decide.ts'
import { explain } from '../core/explain/explain.ts'
import type { Decision, View } from '../core/model/view.ts'
import type { Liveness } from '../http/liveness.ts'
import type { Pages } from '../http/routes.ts'
import type { ElectionStatus } from '../leader/options.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Daemon } from './replica.ts'
import { type Known, statusOf } from './snapshot.ts'

export interface PagesOptions {
  readonly daemon: Daemon
  readonly keeper: ConfigReloader
  readonly metrics: Metrics
  readonly liveness: Liveness
  readonly election: () => ElectionStatus
  /** The leader's last round; a replica that only observes has none. */
  readonly decided: () => { readonly view: View; readonly decision: Decision } | undefined
  readonly version: string
}

/** Every replica answers from what it sees itself; only the leader knows how long a repair has been where it is. */
export function knownNow(options: Omit<PagesOptions, 'metrics' | 'liveness' | 'version'>): Known {
  const { daemon, keeper } = options
  const election = options.election()
  const decided = options.decided()
  const configLastGoodAt = keeper.lastGoodAt()
  if (decided !== undefined) return { ...decided, election, configLastGoodAt }
  const view = daemon.view()
  return { view, decision: decide(view, daemon.policy()), election, configLastGoodAt }
}

export function createPages(options: PagesOptions): Pages {
  const { daemon, keeper, metrics, liveness, version } = options
  return {
    livez: liveness.complaint,
    readyz: () => (daemon.view().nodes.size === 0 ? 'the first list of nodes has not come in' : undefined),
    metrics: () => metrics.scrape(),
    status: () => {
      const config = { error: keeper.lastError()?.message, afterRestart: keeper.afterRestart() }
      return statusOf(knownNow(options), config, version)
    },
    why: (node) => {
      const view = daemon.view({ timers: options.decided()?.view.timers })
      return view.nodes.size === 0 ? undefined : { ...explain(node, view, daemon.policy()), now: view.now }
    },
  }
}

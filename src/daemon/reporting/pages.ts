import type { WhyAnswer } from '../../api/pages.ts'
import type { ConfigReloader } from '../../config/reloader.ts'
import { decide } from '../../core/decide.ts'
import { explain } from '../../core/explain/explain.ts'
import type { Decision, View } from '../../core/model/view.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Liveness } from '../../http/liveness.ts'
import type { Pages } from '../../http/routes.ts'
import type { ElectionStatus } from '../../leader/options.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { Daemon } from '../replica.ts'
import { type Known, statusOf } from './snapshot.ts'

export interface KnownOptions {
  /** `cloudProvider` of the configuration. */
  readonly provider: string
  readonly daemon: Pick<Daemon, 'view' | 'policy'>
  readonly keeper: Pick<ConfigReloader, 'lastGoodAt' | 'trouble'>
  readonly clock: Clock
  readonly election: () => ElectionStatus
  /** The leader's last round; a replica that only observes has none. */
  readonly decided: () => { readonly view: View; readonly decision: Decision } | undefined
}

/** How long a replica that only observes answers from the same decision: as often as a leader decides. */
const DECIDE_EVERY_MS = 1_000

/** Every replica answers from what it sees itself; only the leader knows how long a repair has been where it is. */
export function createKnown({ provider, daemon, keeper, clock, election, decided }: KnownOptions): () => Known {
  let own: { readonly view: View; readonly decision: Decision } | undefined
  function decideHere(): { readonly view: View; readonly decision: Decision } {
    // Before the first list there is nothing worth keeping.
    if (own === undefined || own.view.nodes.size === 0 || clock.now() - own.view.now >= DECIDE_EVERY_MS) {
      const view = daemon.view()
      own = { view, decision: decide(view, daemon.policy()) }
    }
    return own
  }
  return () => ({
    ...(decided() ?? decideHere()),
    election: election(),
    configLastGoodAt: keeper.lastGoodAt(),
    configTrouble: keeper.trouble(),
    provider,
  })
}

export interface PagesOptions {
  readonly daemon: Pick<Daemon, 'view' | 'policy'>
  readonly keeper: Pick<ConfigReloader, 'trouble' | 'afterRestart'>
  readonly metrics: Pick<Metrics, 'scrape'>
  readonly liveness: Pick<Liveness, 'complaint'>
  readonly known: () => Known
  readonly decided: KnownOptions['decided']
  readonly election: KnownOptions['election']
  readonly version: string
}

/** What src/http shows of this replica. */
export function createPages(options: PagesOptions): Pages {
  const { daemon, keeper, metrics, liveness, known, decided, election, version } = options
  return {
    livez: liveness.complaint,
    readyz: () => (daemon.view().nodes.size === 0 ? 'the first list of nodes has not come in' : undefined),
    metrics: () => metrics.scrape(),
    status: () => {
      const config = { error: keeper.trouble(), afterRestart: keeper.afterRestart() }
      return statusOf(known(), config, version)
    },
    why: (node) => {
      const view = daemon.view({ timers: decided()?.view.timers })
      return view.nodes.size === 0
        ? undefined
        : ({
            ...explain(node, view, daemon.policy()),
            now: view.now,
            leader: leaderElsewhere(election()),
          } satisfies WhyAnswer)
    },
  }
}

/** Undefined: this replica leads. Empty: nobody does. */
function leaderElsewhere({ leading, holder = '' }: ElectionStatus): string | undefined {
  return leading ? undefined : holder
}

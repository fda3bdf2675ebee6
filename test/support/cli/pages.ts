import { decide } from '../../../src/core/decide.ts'
import { explain } from '../../../src/core/explain/explain.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import type { View } from '../../../src/core/model/view.ts'
import { statusOf } from '../../../src/daemon/reporting/snapshot.ts'
import { type HttpServers, startHttp } from '../../../src/http/server.ts'
import { createMemoryLog } from '../memory-log.ts'
import { policy, rung } from '../pure/view.ts'

interface Teardown {
  teardown(handler: () => Promise<void>): void
}

/** The real pages of a leader that sees this. */
export async function servePages(
  t: Teardown,
  seen: View | undefined | (() => View),
  holder = 'master-1_abc',
  /** Of workers; default: the design's. */
  { ladder }: { readonly ladder?: readonly RungName[] } = {},
): Promise<HttpServers> {
  const rules = policy()
  if (ladder !== undefined) Object.assign(rules.roles.worker, { ladder: ladder.map((name) => rung(name)) })
  const look = typeof seen === 'function' ? seen : () => seen
  const election = { leading: true, epoch: 7, highestEpoch: 7, holder, renewedAt: 0, standingAside: false }
  const servers = await startHttp({
    ...{ host: '127.0.0.1', port: 0, metricsHost: '127.0.0.2', metricsPort: 0, log: createMemoryLog() },
    pages: {
      livez: () => undefined,
      readyz: () => undefined,
      metrics: async () => ({ contentType: 'text/plain', body: '' }),
      status: () => {
        const view = look()
        if (view === undefined) throw new Error('nothing is known yet')
        const known = {
          view,
          decision: decide(view, rules),
          election,
          configLastGoodAt: 0,
          configTrouble: undefined,
          provider: 'docker',
        }
        return statusOf(known, { error: undefined }, '1.2.3')
      },
      why: (name) => {
        const view = look()
        return view && { ...explain(name, view, rules), now: view.now }
      },
    },
  })
  t.teardown(() => servers.close())
  return servers
}

import { renderExplanation } from '../core/explain/render.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Explanation } from '../core/model/view.ts'
import { json, text } from './reply.ts'
import type { Ask, Reply, Route, RouteGroup } from './route.ts'

/** What the pages show; each is called when somebody looks. */
export interface Pages {
  /** Why a restart would help; undefined = alive. */
  readonly livez: () => string | undefined
  /** Why not to count on this replica yet; undefined = ready. */
  readonly readyz: () => string | undefined
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly status: () => object
  /** Undefined: this replica can not say, e.g. before its first list. `now`: the clock of the gates' `changesAt`. */
  readonly why: (
    node: string,
  ) => (Explanation & { readonly now?: Millis; readonly leader?: string | undefined }) | undefined
}

/** heald's own pages. Probes and metrics for the network; who is healed and why for this machine and port-forward only. */
export function pageRoutes(pages: Pages): readonly RouteGroup[] {
  return [
    {
      doors: ['local', 'public'],
      routes: [
        get('/livez', () => probe(pages.livez())),
        get('/readyz', () => probe(pages.readyz())),
        get('/metrics', async () => ({ status: 200, ...(await pages.metrics()) })),
      ],
    },
    {
      doors: ['local'],
      routes: [
        get('/status', () => json(200, pages.status())),
        {
          ...get('/why/{node}', (ask) => why(ask, pages)),
          usage: 'name one node: /why/NODE, e.g. /why/worker-1',
        },
      ],
    },
  ]
}

function get(path: string, answer: Route['answer']): Route {
  return { method: 'GET', path, answer }
}

function why({ params, headers }: Ask, pages: Pages): Reply {
  const explanation = pages.why(params.node ?? '')
  if (explanation === undefined) return text(503, 'nothing is known yet: the first list of nodes has not come in')
  const status = explanation.kind === 'unknown-node' ? 404 : 200
  if (headers.accept?.includes('application/json') === true) return json(status, explanation)
  return text(status, renderExplanation(explanation, { now: explanation.now, leader: explanation.leader, all: true }))
}

function probe(complaint: string | undefined): Reply {
  return complaint === undefined ? text(200, 'ok') : text(503, complaint)
}

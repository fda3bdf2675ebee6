import { describeRequest, REQUEST_ANNOTATION } from '../../core/annotations/request.ts'
import type { CheckClock, CheckInfo } from '../../core/model/finding.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Installation, NodeRepair, RepairRequest } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Suspicion } from '../../core/model/view.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { Notice, Tell } from '../../core/ports/log.ts'
import type { Watched } from '../../core/ports/watched.ts'
import { type RequestState, requestState } from '../../core/repair/request-state.ts'
import { createOnce } from '../../lib/once.ts'

export interface RequestsOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly calendar: () => Millis
  readonly nodes: Pick<Watched<NodeFacts>, 'items' | 'onChange'>
  readonly repairs: Pick<Watched<NodeRepair>, 'items'>
  readonly installation: Installation
  /** Only a leader tells of them. */
  readonly leading: () => boolean
  readonly tell: Tell
}

export interface Standing {
  readonly request: RepairRequest
  /** As if a check had failed since the request was seen. */
  readonly clock: CheckClock
}

/** What people ask for now, by node. */
export type Requests = () => ReadonlyMap<string, Standing>

/** A person's word, as one more check of the node that no other plane contradicts and that is due at once. */
const CHECK: CheckInfo = {
  ...{ name: 'Request', type: 'Request', plane: 'person', symptom: 'AskedFor' },
  ...{ unhealthyDurationMs: 0, healthyDurationMs: 0 },
}
const NOBODY: ReadonlyMap<string, Standing> = new Map()

export function createRequests(options: RequestsOptions): Requests {
  const { clock, nodes, repairs, installation, tell } = options
  const asked = new Set<string>()
  const seen = new Map<string, { readonly text: string | undefined; readonly since: Millis }>()
  const isNew = createOnce()
  const note = (name: string, node: NodeFacts | undefined): void => {
    if (node?.annotations[REQUEST_ANNOTATION] !== undefined) asked.add(name)
    else if (asked.delete(name)) {
      seen.delete(name)
      isNew(undefined, name)
    }
  }
  for (const [name, node] of nodes.items) note(name, node)
  nodes.onChange(note)

  const sinceOf = (name: string, text: string | undefined): Millis => {
    const before = seen.get(name)
    if (before?.text === text) return before?.since ?? clock.now()
    const since = clock.now()
    seen.set(name, { text, since })
    return since
  }

  return () => {
    if (asked.size === 0) return NOBODY
    const standing = new Map<string, Standing>()
    for (const name of asked) {
      const node = nodes.items.get(name)
      if (node === undefined) continue
      const state = requestState(node, { repairs: repairs.items, installation, calendar: options.calendar() })
      const said = noticeOf(name, state)
      if (options.leading() && isNew(said?.message, name) && said !== undefined) tell(said)
      if (state.state !== 'stands') continue
      const since = sinceOf(name, node.annotations[REQUEST_ANNOTATION])
      standing.set(name, { request: state.request, clock: clockOf(state.request, since) })
    }
    return standing
  }
}

/** The suspicions with what people ask for: each of those nodes is one of them. */
export function withRequests(
  suspicions: ReadonlyMap<string, Suspicion>,
  standing: ReadonlyMap<string, Standing>,
): ReadonlyMap<string, Suspicion> {
  if (standing.size === 0) return suspicions
  const all = new Map(suspicions)
  for (const [name, { request, clock }] of standing) {
    const suspicion = suspicions.get(name)
    if (suspicion !== undefined) all.set(name, { ...suspicion, clocks: [...suspicion.clocks, clock], request })
  }
  return all
}

function clockOf(request: RepairRequest, since: Millis): CheckClock {
  const finding = { status: 'fail', reason: 'AskedFor', message: describeRequest(request), seenAt: since } as const
  return { check: CHECK, finding, failingSince: since, passingSince: undefined }
}

/** Undefined: there is nothing to tell. */
function noticeOf(node: string, state: RequestState): Notice | undefined {
  const regarding = refsOf(node)
  switch (state.state) {
    case 'none':
    case 'used':
      return undefined
    case 'unreadable':
      return {
        ...{ level: 'warn', reason: 'RequestUnreadable', message: `${node}: ${state.why}` },
        ...{ regarding, event: 'Warning' },
      }
    case 'expired': {
      const message = `${node}: a request has expired, and nothing was done by it: ${describeRequest(state.request)}`
      return { level: 'info', reason: 'RequestExpired', message, regarding, event: 'Normal' }
    }
    case 'waits':
      if (state.repair.spec.request !== undefined) return undefined
      return {
        ...{ level: 'info', reason: 'RequestWaits', regarding, event: 'Normal' },
        message: `${node}: ${describeRequest(state.request)}; it waits for the end of ${state.repair.name}`,
      }
    case 'stands': {
      const message = `${node}: ${describeRequest(state.request)}`
      return { level: 'info', reason: 'RepairRequested', message, regarding, event: 'Normal' }
    }
  }
}

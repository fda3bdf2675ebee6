import { contradictedNodes, isNoWitness } from '../core/evidence/cloud-word.ts'
import type { NodeFacts } from '../core/model/node.ts'
import type { Installation, NodeRepair } from '../core/model/node-repair.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Millis } from '../core/model/primitives.ts'
import type { Switches, TermFacts, View } from '../core/model/view.ts'
import type { Clock } from '../core/ports/clock.ts'
import { NO_STALLS, type Stalls } from '../core/ports/stalls.ts'
import type { Heartbeats, Watched } from '../core/ports/watched.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Findings } from './findings.ts'
import { type Requests, withRequests } from './people/requests.ts'
import type { Freshness } from './sight/freshness.ts'
import type { StaleLeases } from './stale-leases.ts'
import { suspectNodes } from './suspect-nodes.ts'
import type { Suspects } from './suspects.ts'
import { createSuspicions } from './suspicions.ts'

/** What a replica is given to see with. */
export interface ViewSources {
  readonly clock: Clock
  readonly nodes: Watched<NodeFacts>
  readonly repairs: Watched<NodeRepair>
  readonly heartbeats: Heartbeats
  readonly unreadable: () => ReadonlyMap<string, string>
  readonly installation: Installation
  readonly policy: () => Policy
  readonly switches: () => Switches
  readonly calendar: () => Millis
  readonly skewMs: () => Millis
  readonly leadership: { leading(): boolean; renewalsFine(): boolean; takerPresent(): boolean }
  readonly ledger: () => { readonly usable: boolean; readonly reason: string }
  readonly ownNode: string | undefined
  /** When this process stood still; default: it never does. */
  readonly stalls?: Stalls
}

/** What the observer itself has made of it. */
export interface Observed {
  readonly findings: Findings
  readonly suspects: Pick<Suspects, 'get' | 'instances' | 'stopped' | 'cloud'>
  readonly missing: () => View['missing']
  readonly requests: Requests
  readonly sight: Freshness
  readonly mass: StaleLeases
  readonly cordonedSince: Pick<ReadonlyMap<string, Millis>, 'get'>
  readonly controlPlane: Pick<ControlPlane, 'highest'>
  readonly etcd: Pick<ControlPlane, 'highest'>
}

const NONE = new Map()
const NOBODY: ReadonlySet<string> = new Set()

/** The one place where a view is put together: for a round of the leader, and for every page. */
export function createViewAssembler(sources: ViewSources, observed: Observed): (term?: Partial<TermFacts>) => View {
  const { clock, nodes, repairs, heartbeats, leadership, stalls = NO_STALLS } = sources
  const { findings, suspects, sight, mass, cordonedSince, controlPlane, etcd } = observed
  const suspicions = createSuspicions()
  const inputs = {
    clocksOf: findings.clocksOf,
    heartbeatOf: (name: string) => heartbeats.items.get(name),
    lookAt: suspects.get,
    cordonedSince: (name: string) => cordonedSince.get(name),
  }

  return ({ timers = NONE, dryRunRepairs = NONE, unreadable = NONE, repairsBehind = false } = {}) => {
    // Right after a stall a timer of whoever asks may be the first of all.
    stalls.notice()
    const now = clock.now()
    const { heartbeatMaxAgeMs } = sources.policy()
    const asked = observed.requests()
    const suspected = suspectNodes(nodes.items, repairs.items, findings.failing(), asked.keys())
    const rules = { now, seeingSince: sight.seeingSince, stoodSince: sight.stoodSince, heartbeatMaxAgeMs }
    const judged = withRequests(suspicions.of(suspected, inputs, rules), asked)
    const { instances } = suspects
    const wrongAbout = (): ReadonlySet<string> =>
      contradictedNodes({ now, heartbeats: heartbeats.items, suspicions: judged, instances })
    return {
      now,
      calendar: sources.calendar(),
      nodes: nodes.items,
      heartbeats: heartbeats.items,
      suspicions: judged,
      restless: findings.restless(),
      installation: sources.installation,
      repairs: union(repairs.items, dryRunRepairs),
      unreadable: union(sources.unreadable(), unreadable),
      instances,
      missing: observed.missing(),
      timers,
      sight: {
        blindSince: sight.blindSince,
        blindSource: sight.blindSource,
        seeingSince: sight.seeingSince,
        stoodStill: sight.stoodStill,
        skewMs: sources.skewMs(),
        leases: mass.summary(believed(suspects.stopped(), wrongAbout), leadership.renewalsFine()),
        cloud: suspects.cloud,
        repairsBehind,
        ledger: sources.ledger(),
      },
      switches: sources.switches(),
      controlPlaneSeen: controlPlane.highest(),
      etcdSeen: etcd.highest(),
      ownNode: sources.ownNode,
      takerPresent: leadership.takerPresent(),
    }
  }
}

/** Whose silence the cloud explains: nobody's, once it was wrong about two. */
function believed(stopped: ReadonlySet<string>, wrongAbout: () => ReadonlySet<string>): ReadonlySet<string> {
  if (stopped.size === 0) return stopped
  const wrong = wrongAbout()
  if (wrong.size === 0) return stopped
  return isNoWitness(wrong) ? NOBODY : new Set([...stopped].filter((name) => !wrong.has(name)))
}

function union<T>(ours: ReadonlyMap<string, T>, more: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return more.size === 0 ? ours : new Map([...ours, ...more])
}

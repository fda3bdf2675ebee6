import { randomUUID } from 'node:crypto'
import type { Config } from '../config/schema/schema.ts'
import { type Duty, runDuties } from '../controller/duties.ts'
import { CONTROL_PLANE_ANNOTATION, ETCD_ANNOTATION } from '../core/annotations/control-plane.ts'
import type { Millis } from '../core/model/primitives.ts'
import { createLeaseApi } from '../kube/lease.ts'
import { withNote } from '../kube/lease-note.ts'
import { createOldLockApi, OLD_LOCK_KINDS } from '../kube/old-lock.ts'
import { runElector } from '../leader/elector.ts'
import type { ElectionStatus } from '../leader/options.ts'
import type { ControlPlane } from '../observer/control-plane.ts'
import type { ObserverOptions } from '../observer/observer.ts'
import type { DaemonOptions } from './daemon-options.ts'

/** Of a replica that has not heard of any leader yet. */
export const NOT_ELECTED: ElectionStatus = {
  leading: false,
  epoch: undefined,
  highestEpoch: undefined,
  holder: undefined,
  renewedAt: undefined,
  standingAside: false,
}

/** Renewals that are older prove nothing about our way to the API server. */
const RENEWAL_FINE_MS: Millis = 15_000

export interface Campaign {
  /** What the leader does, side by side, in each of its terms. */
  readonly duties: readonly Duty[]
  /** The highest epoch that stands in any stored object and may be a leader's, ours being `own`. */
  readonly minimumEpoch: (own: number) => number
  /** True: the stop-file is there. */
  readonly standAside: () => boolean
  /** What is noted on heald's Lease with each renewal. */
  readonly controlPlane: Pick<ControlPlane, 'exchange'>
  readonly etcd: Pick<ControlPlane, 'exchange'>
}

export interface Election {
  leading(): boolean
  /** Called when that has changed. */
  onLeading(listener: () => void): void
  /** The highest epoch that heald's Lease was ever seen to have; undefined before the first look. */
  highestEpoch(): number | undefined
  /** Called when that has changed. */
  onEpoch(listener: () => void): void
  /** What the view says of our leadership. */
  readonly leadership: ObserverOptions['leadership']
  /** Stands for election until aborted, and runs the duties while it leads. */
  run(campaign: Campaign, signal: AbortSignal): Promise<void>
}

/** This replica's part in who leads: what it knows of it, and whether somebody else would take over. */
export function createElection(
  { clock, tell, http, ownNode, onElection, newId = randomUUID }: DaemonOptions,
  config: () => Config,
): Election {
  let election = NOT_ELECTED
  let handedOver = false
  let takerPresent = true
  const leading = (): boolean => election.leading
  const listeners: (() => void)[] = []
  const epochListeners: (() => void)[] = []

  return {
    leading,
    highestEpoch: () => election.highestEpoch,
    onEpoch: (listener) => void epochListeners.push(listener),
    onLeading: (listener) => void listeners.push(listener),
    leadership: {
      leading,
      renewalsFine: () => election.leading && clock.now() - (election.renewedAt ?? 0) < RENEWAL_FINE_MS,
      takerPresent: () => takerPresent,
    },
    async run({ duties, minimumEpoch, standAside, controlPlane, etcd }, signal) {
      const { namespace, name, additionalLocks, ...times } = config().leaderElection
      const identity = `${ownNode ?? 'heald'}_${newId()}`
      const ownLease = withNote(
        withNote(createLeaseApi(http, namespace, name), CONTROL_PLANE_ANNOTATION, controlPlane.exchange),
        ETCD_ANNOTATION,
        etcd.exchange,
      )
      const others = additionalLocks.map((reference) => {
        const [inNamespace = '', called = ''] = reference.split('/')
        return [inNamespace, called] as const
      })
      await runElector(
        {
          leases: [ownLease, ...others.map((name) => createLeaseApi(http, ...name))],
          oldLocks: others.flatMap((name) => OLD_LOCK_KINDS.map((kind) => createOldLockApi(http, kind, ...name))),
          identity,
          clock,
          tell,
          timings: {
            leaseDurationMs: times.leaseDuration,
            renewDeadlineMs: times.renewDeadline,
            retryPeriodMs: times.retryPeriod,
          },
          minimumEpoch,
          standAside,
          onStatus: (status) => {
            if (status.holder !== undefined && status.holder !== identity) takerPresent = true
            const before = election
            election = status
            onElection?.(status)
            if (status.leading !== before.leading) for (const listener of listeners) listener()
            if (status.highestEpoch !== before.highestEpoch) for (const listener of epochListeners) listener()
          },
        },
        async (term, ending) => {
          // We handed over and lead again all the same: there is no use in doing it once more.
          if (handedOver) takerPresent = false
          handedOver = (await runDuties(duties, term, ending)) === 'hand-over'
          return handedOver ? 'hand-over' : undefined
        },
        signal,
      )
    },
  }
}

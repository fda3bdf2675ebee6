import { toPolicy } from '../config/policy.ts'
import type { Config } from '../config/schema/schema.ts'
import { epochDoubt, epochOf } from '../core/model/fenced.ts'
import type { Policy } from '../core/model/policy.ts'
import type { Role } from '../core/model/primitives.ts'
import type { Switches, TermFacts, View } from '../core/model/view.ts'
import { createChecks } from '../healthcheck/registry.ts'
import { asError } from '../lib/errors.ts'
import { type Loop, type LoopError, supervise } from '../lib/supervise.ts'
import { healthOf } from './cloud-health.ts'
import { createCloudTies } from './cloud-ties.ts'
import type { DaemonOptions } from './daemon-options.ts'
import { createElection } from './election.ts'
import { createEyes } from './eyes.ts'
import type { Section, SectionParts } from './section.ts'
import { createParts, SECTIONS } from './sections.ts'

export interface Daemon extends Required<Pick<SectionParts, 'routes' | 'sinks'>> {
  /** What this replica sees now. */
  view(term?: Partial<TermFacts>): View
  policy(): Policy
  switches(): Switches
  /** All that `run` keeps going. */
  readonly loops: readonly Loop[]
  /** Which loop is dead, and why. Undefined: none is. */
  failure(): LoopError | undefined
  /**
   * Runs until aborted: lets the step under way end, releases the Lease, then resolves. A loop that fails ends the
   * others in the same way, and is thrown as LoopError: a process with half of its eyes must not go on leading.
   */
  run(signal: AbortSignal): Promise<void>
}

/** Builds one replica of heald: every replica observes, the one that holds the Lease acts. `sections`: its trades. */
export function createDaemon(options: DaemonOptions, sections: readonly Section[] = SECTIONS): Daemon {
  const { clock, log, tell, keeper, provider } = options
  const config = (): Config => {
    const current = keeper.current()
    if (current === undefined) throw new Error('heald: no configuration has been loaded')
    return current
  }
  let inForce = toPolicy(config())
  const policy = (): Policy => inForce

  const election = createElection(options, config)
  const { leading, onLeading } = election
  const eyes = createEyes(options, { config, policy, election, cloud: () => ties.switch() })
  const { onRepair } = options
  if (onRepair !== undefined) eyes.repairs.onChange((_, after, before) => onRepair(after, before))
  const ties = createCloudTies({
    ...{ clock, provider, tell, leading, onLeading },
    health: () => (config().dryRun || eyes.switches.stopped() ? undefined : healthOf(eyes.assembleView())),
  })
  const { routes, sinks, loops, duties, watched, hearers } = createParts(sections, {
    ...{ ...options, config, policy, eyes },
    onDecision: (view, decision, tookMs) => {
      options.onDecision?.(view, decision, tookMs)
      for (const hear of hearers) hear(view, decision)
    },
  })

  const checksOf = (role: Role) =>
    createChecks(role, config().healthcheck[role], { clock, log, token: options.token, clusterCA: options.clusterCA })
  const applyConfig = (): void => {
    const checks = { master: checksOf('master'), worker: checksOf('worker') }
    inForce = toPolicy(config())
    eyes.setChecks(checks, config().monitorInterval)
  }
  keeper.onChange(() => {
    try {
      applyConfig()
      keeper.withhold('checks', undefined)
    } catch (thrown) {
      keeper.withhold('checks', `${asError(thrown).message}; checks and policy stay as they were`)
    }
  })

  const seeing: readonly Loop[] = [
    ...eyes.loops,
    { name: 'ties to the cloud', run: ties.run },
    ...loops,
    ...(options.loops ?? []),
  ]
  const leads: Loop = {
    name: 'election',
    run: (signal) =>
      election.run(
        {
          duties,
          minimumEpoch: (own) => highestEpoch(watched, own),
          standAside: eyes.switches.stopped,
          controlPlane: eyes.controlPlane,
          etcd: eyes.etcd,
        },
        signal,
      ),
  }
  let failure: LoopError | undefined
  const onFailure = (error: LoopError, restarted: boolean): void => {
    if (!restarted) failure ??= error
    tell({
      level: 'error',
      reason: 'LoopFailed',
      message: `${error.message}; ${restarted ? 'it begins again' : 'heald ends'}`,
    })
  }

  return {
    view: eyes.assembleView,
    policy,
    switches: eyes.switches.current,
    routes,
    sinks,
    loops: [...seeing, leads],
    failure: () => failure,
    async run(signal) {
      applyConfig()
      await supervise([seeing, [leads]], { clock, onFailure }, signal)
    },
  }
}

function highestEpoch(watched: Required<SectionParts>['watched'], own: number): number {
  const objects = watched.flatMap(({ items }) => [...items.values()])
  return Math.max(0, ...objects.filter((object) => epochDoubt(object, own) === undefined).map(epochOf))
}

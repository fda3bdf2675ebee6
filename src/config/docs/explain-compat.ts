import { formatDuration } from '../../lib/pure/duration.ts'
import type { SourceRange } from '../load/canonical.ts'
import type { Loaded } from '../load/load.ts'
import { showValue } from '../load/secrets.ts'
import type { Check, Config } from '../schema/schema.ts'

export interface CompatLine {
  /** Undefined: the file does not say it, the defaults of such a file do. */
  readonly line: number | undefined
  readonly key: string
  readonly meaning: string
}

/** What a magnum-auto-healer file means to heald: first what stands in it, in its order, then what it leaves open. */
export function explainCompat(loaded: Loaded): readonly CompatLine[] {
  const { config, ranges: spots } = loaded
  const written = [...spots].flatMap(([path, spot]) => {
    const meaning = meaningOf(JSON.parse(path) as string[], spot, config)
    if (meaning === undefined) return []
    const shown = spot.hidden || typeof spot.value === 'object' ? '' : `${showValue(spot.value)}: `
    return [{ line: spot.at.line, key: spot.label, meaning: `${shown}${meaning}` }]
  })
  written.sort((a, b) => a.line - b.line)
  return [...written, ...leftOpen(config)]
}

function meaningOf(path: readonly string[], spot: SourceRange, config: Config): string | undefined {
  const [top, second] = path
  if (path.length === 1 && top !== undefined) return TOP[top]?.(config)
  if (path.length === 2 && top === 'kubernetes' && second !== undefined) return KUBERNETES[second]
  if (path.length === 2 && top === 'openstack') return 'an option of the way to OpenStack'
  const index = Number(path[2])
  if (path.length !== 3 || top !== 'healthcheck' || (second !== 'master' && second !== 'worker')) return undefined
  const check = config.healthcheck[second][index]
  return check === undefined || spot.value === null ? undefined : checkMeaning(second, check)
}

const TOP: Readonly<Record<string, (config: Config) => string>> = {
  dryRun: ({ dryRun }) => (dryRun ? 'says what it would do and changes nothing' : 'acts'),
  clusterName: () => 'the Magnum cluster that is healed',
  cloudProvider: () => 'who repairs the machines',
  monitorInterval: ({ monitorInterval }) =>
    `Endpoint checks run every ${formatDuration(monitorInterval)}; nodes and leases are watched, so their faults need no round`,
  masterMonitorEnabled: ({ masterMonitorEnabled }) => onOff('masters', masterMonitorEnabled),
  workerMonitorEnabled: ({ workerMonitorEnabled }) => onOff('workers', workerMonitorEnabled),
  leaderElect: ({ leaderElect }) =>
    leaderElect ? 'one of the replicas acts, the others observe' : 'no election: run a single replica only',
  checkDelayAfterAdd: () => 'younger nodes are left alone',
  rebuildDelayAfterReboot: () => 'no replacement earlier than this after a reboot',
  compatibility: () => 'whose defaults apply',
}

const KUBERNETES: Readonly<Record<string, string>> = {
  apiHost: 'the API server',
  kubeconfig: 'the kubeconfig file that is used',
}

function onOff(role: string, enabled: boolean): string {
  return enabled ? `${role} are healed` : `${role} are left alone`
}

function checkMeaning(role: string, { name, params }: Check): string {
  const types = Array.isArray(params.types) ? ` ${params.types.join(', ')}` : ''
  const duration = params.unhealthyDuration
  const after = typeof duration === 'string' ? `, unhealthy after ${duration} by heald's own clock` : ''
  return `every ${role} is checked by ${name}${types}${after}`
}

function leftOpen(config: Config): readonly CompatLine[] {
  const { breaker, inFlight } = config.gates
  const asked = (['master', 'worker'] as const).filter((role) => config.ladder[role].some(({ approval }) => approval))
  const drained = (['master', 'worker'] as const).filter((role) => config.ladder[role].some(({ drain }) => drain > 0))
  const locks = config.leaderElection.additionalLocks
  const line = (key: string, meaning: string): CompatLine => ({ line: undefined, key, meaning })
  return [
    line(
      'approval',
      asked.length === 0 ? 'nobody is asked before any action' : `a person is asked: ${asked.join(', ')}`,
    ),
    line('ladder.master', ladder(config, 'master')),
    line('ladder.worker', ladder(config, 'worker')),
    line('drain', drained.length === 0 ? 'nodes are not drained' : `nodes are drained: ${drained.join(', ')}`),
    line(
      'actOnCordoned',
      config.actOnCordoned ? 'cordoned nodes are healed too, and stay cordoned' : 'cordoned nodes wait',
    ),
    line(
      'flapping',
      'a check that passes once begins anew (`healthyDuration: 0s`), and its changes are not counted (`flapping: {changes: 0}`)',
    ),
    line(
      'gates.breaker',
      `more than ${breaker.poolPercent} % of a pool or ${breaker.clusterPercent} % of the cluster bad: nothing is touched`,
    ),
    line('quorum', 'a control-plane node is not touched when its loss would cost the quorum'),
    line(
      'gates.inFlight',
      `at most ${inFlight.poolPercent} % of a pool, but ${inFlight.poolMin} in any case, and ${inFlight.masters} control-plane node in repair at once`,
    ),
    line(
      'lock',
      locks.length === 0
        ? "only heald's own lock is held"
        : `held beside heald's own, so that the old healer stands still: ${locks.join(', ')}`,
    ),
    line('nodes', 'a Node object is deleted only after its replacement is Ready; machines that are off are started'),
  ]
}

function ladder(config: Config, role: 'master' | 'worker'): string {
  const rungs = config.ladder[role].map(({ rung }) => rung)
  return rungs.length === 0 ? 'never acts' : `${rungs.join(', then ')}, then a person`
}

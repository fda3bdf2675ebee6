import type { MachineSpec, Timings } from '../cluster/machine.ts'

/** 3 control-plane nodes and 12 workers, spread over three zones. */
export const CAST: readonly MachineSpec[] = ['a', 'b', 'c'].flatMap((zone): readonly MachineSpec[] => [
  { name: `master-${zone}`, role: 'master', zone },
  ...[1, 2, 3, 4].map((n): MachineSpec => ({ name: `worker-${zone}-${n}`, role: 'worker', zone, pool: 'workers' })),
])

export const DEMO_TIMINGS: Timings = {
  heartbeatMs: 200,
  graceMs: 500,
  bootMs: 600,
  taskMs: 400,
  podMs: 300,
  tickMs: 100,
}

/** The daemon's configuration in the demo: the same keys as in any other, with short times. */
export const DEMO_CONFIG = `# heald demo: made for watching, not for a cluster
cloudProvider: none   # the pretend cloud is handed in
clusterName: demo
monitorInterval: 1s
checkDelayAfterAdd: 0s
rebuildDelayAfterReboot: 0s
healthcheck:
  master: [{type: NodeCondition, params: {unhealthyDuration: 300ms, healthyDuration: 1s}}]
  worker: [{type: NodeCondition, params: {unhealthyDuration: 300ms, healthyDuration: 1s}}]
ladder:
  master: &ladder
    - {rung: start, deadline: 10s, verify: 3s, soak: 500ms}
    - {rung: reboot-hard, deadline: 10s, verify: 3s, soak: 500ms}
    - {rung: replace, deadline: 20s, verify: 10s, soak: 500ms, drain: 0s}
  worker: *ladder
gates:
  heartbeatMaxAge: 2s
  rate: {perNode: 50, perHour: 500, perDay: 5000}
`

/** Shown before the story begins: what is faster, or plainer, here than in life, and the limits that the story meets. */
export const SETTINGS_SHOWN: readonly (readonly [setting: string, here: string, usually: string])[] = [
  ['setting', 'here', 'usually'],
  ['kubelet heartbeat, every', '0.2s', '10s'],
  ['silent kubelet becomes Ready=Unknown after', '0.5s', '40s'],
  ['unhealthyDuration: a check must fail for', '0.3s', '5m'],
  ['a start, a reboot or a new machine takes', '1s', '1m or more'],
  ['verify: recovery must be proven within', '3s (replace: 10s)', '5m to 15m'],
  ['soak: then the node must stay well for', '0.5s', '2m to 10m'],
  ['drain: time for pods to leave before replace', 'none', '5m'],
  ['rebuildDelayAfterReboot: from reboot to replace', 'none', '5m'],
  ['checkDelayAfterAdd: a new node is left alone for', 'none', '10m'],
  ['heartbeatMaxAge: a heartbeat is fresh for', '2s', '40s'],
  ['cloud and TCP probe of a suspect, every', '0.5s', '5s'],
  ['rate: repairs of one node in 7 days, at most', '50', '3'],
  ['rate: orders in an hour, at most', '500', '6'],
  ['the ladder of rungs, shorter to save time', 'start, reboot-hard, replace', 'reboot-soft too'],
  ['zoneHold: a zone is blamed from', '3 nodes and 55 %', 'the same'],
  ['breaker: repairs stop above', '20 % of a pool', 'the same'],
  ['heald looks and takes one step, at most every', '1s', 'the same'],
]

import type { MachineSpec, Timings } from '../cluster/machine.ts'

/** 3 control-plane nodes and 12 workers, spread over three zones. */
export const CAST: readonly MachineSpec[] = ['a', 'b', 'c'].flatMap((zone): readonly MachineSpec[] => [
  { name: `master-${zone}`, role: 'master', zone },
  ...[1, 2, 3, 4].map((n): MachineSpec => ({ name: `worker-${zone}-${n}`, role: 'worker', zone, pool: 'workers' })),
])

export const DEMO_TIMINGS: Timings = {
  heartbeatMs: 200,
  graceMs: 800,
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
  master: [{type: NodeCondition, params: {unhealthyDuration: 1s, healthyDuration: 1s}}]
  worker: [{type: NodeCondition, params: {unhealthyDuration: 1s, healthyDuration: 1s}}]
ladder:
  master: &ladder
    - {rung: start, deadline: 10s, verify: 3s, soak: 500ms}
    - {rung: reboot-hard, deadline: 10s, verify: 3s, soak: 500ms}
    - {rung: replace, deadline: 20s, verify: 10s, soak: 500ms, drain: 0s, approval: false}
  worker: *ladder
gates:
  heartbeatMaxAge: 10s
  correlatedCause: {window: 2s}
  rate: {perNode: 50, perHour: 500, perDay: 5000}
`

/** Shown before the story begins: what is faster, or plainer, here than in life. */
export const SETTINGS_SHOWN: readonly (readonly string[])[] = [
  ['setting', 'here', 'usually'],
  ['kubelet heartbeat', '0.2s', '10s'],
  ['silent kubelet → Ready=Unknown', '0.8s', '40s'],
  ['unhealthyDuration', '1s', '5m'],
  ['boot of a machine', '0.6s', 'about 1m'],
  ['ladder', 'start, reboot-hard, replace', 'start, reboot-soft, reboot-hard, replace'],
  ['verify (proof at the latest)', '3s', '5m to 15m'],
  ['soak (must stay well)', '0.5s', '2m to 10m'],
  ['drain before a replacement', '0s', '5m'],
  ['replacing a control-plane node', 'at once', 'a person approves'],
  ['suspects looked at', 'every 0.5s', 'every 5s'],
  ['checkDelayAfterAdd', '0s', '10m'],
  ['correlatedCause.window', '2s', '60s'],
  ['rate: repairs of a node in 7 days', '50', '3'],
]

/** Configurations that outages are played with in turn, as files of heald. */
export const SETTINGS: Readonly<Record<string, string>> = {
  defaults: 'clusterName: chaos\n',
  'magnum-auto-healer': `compatibility: magnum-auto-healer
cloudProvider: none
healthcheck:
  master: [{type: NodeCondition, params: {unhealthyDuration: 3m}}]
  worker: [{type: NodeCondition, params: {unhealthyDuration: 3m}}]
`,
  aggressive: `checkDelayAfterAdd: 0s
rebuildDelayAfterReboot: 0s
healthcheck:
  master: [{type: NodeCondition, params: {unhealthyDuration: 1m}}, {type: NodeLease, params: {unhealthyDuration: 1m}}]
  worker: [{type: NodeCondition, params: {unhealthyDuration: 1m}}, {type: NodeLease, params: {unhealthyDuration: 1m}}]
gates:
  breaker: {poolPercent: 50, clusterPercent: 60}
  inFlight: {poolPercent: 30, poolMin: 3}
  rate: {perHour: 60, perDay: 600}
`,
}

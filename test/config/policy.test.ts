import t from 'tap'
import { loadConfig } from '../../src/config/load/load.ts'
import { toPolicy } from '../../src/config/policy.ts'
import type { Policy } from '../../src/core/model/policy.ts'
import { options } from './options.ts'

function policy(text: string): Policy {
  return toPolicy(loadConfig(text, { file: 'f', ...options }).config)
}

t.test('the defaults are those of the table of gates and of the ladder', async (t) => {
  const { hash, roles, ...rest } = policy('compatibility: none\n')
  t.match(hash, /^[0-9a-f]{16}$/)
  t.same(rest, {
    checkDelayAfterAddMs: 600_000,
    nodeStartupMs: 1_200_000,
    actOnCordoned: false,
    ownSight: {
      blindMs: 30_000,
      skewMs: 30_000,
      massPercent: 60,
      massMinLeases: 5,
      massWindowMs: 40_000,
      massGiveWayMs: 600_000,
    },
    heartbeatMaxAgeMs: 40_000,
    correlated: { windowMs: 60_000, minSuspects: 2 },
    zone: { minBad: 3, percent: 55 },
    breaker: { poolPercent: 20, clusterPercent: 34, smallPool: 4 },
    inFlight: { pool: { percent: 10, min: 1 }, masters: 1 },
    controlPlaneSize: undefined,
    rate: { perNode: 3, perNodeWindowMs: 7 * 86_400_000, perHour: 6, perDay: 20 },
    nodeGoneMs: 600_000,
    maxNotSent: 2,
    protectLocalData: true,
  })
  const minutes = (role: 'master' | 'worker') =>
    roles[role].ladder.map(({ rung, deadlineMs, verifyMs, soakMs, drainMs, approval, delayAfterRebootMs }) => [
      rung,
      ...[deadlineMs, verifyMs, soakMs, drainMs, delayAfterRebootMs].map((ms) => ms / 60_000),
      approval,
    ])
  const table = [
    ['start', 5, 5, 2, 0, 0, false],
    ['reboot-soft', 5, 5, 5, 0, 0, false],
    ['reboot-hard', 5, 10, 5, 0, 0, false],
  ]
  t.same(minutes('worker'), [...table, ['replace', 20, 15, 10, 5, 5, false]])
  t.same(minutes('master'), [...table, ['replace', 20, 15, 10, 5, 5, true]])
})

t.test('a role that is not monitored is not healed', async (t) => {
  t.match(policy('masterMonitorEnabled: false\n').roles, { master: { enabled: false }, worker: { enabled: true } })
})

t.test('equal rules give an equal hash, whatever the order and the spelling in the file', async (t) => {
  const one = policy('compatibility: none\ngates: {breaker: {poolPercent: 30}, maxNotSent: 1}\ndryRun: true\n')
  const two = policy('gates: {max-not-sent: 1, breaker: {smallPool: 4, poolPercent: 30}}\n')
  t.equal(one.hash, two.hash)
})

const changes = [
  'masterMonitorEnabled: false',
  'checkDelayAfterAdd: 1s',
  'rebuildDelayAfterReboot: 1s',
  'actOnCordoned: true',
  'controlPlaneSize: 3',
  'gates: {ownSight: {massGivesWayAfter: 1s}}',
  'gates: {heartbeatMaxAge: 11s}',
  'gates: {zoneHold: {percent: 1}}',
  'gates: {rate: {perDay: 1}}',
  'gates: {localData: {approval: false}}',
  'ladder: {worker: [{rung: start}]}',
  'ladder: {worker: [{rung: start, soak: 1s}]}',
]

t.test('different rules give different hashes', async (t) => {
  const hashes = ['compatibility: none', ...changes].map((text) => policy(text).hash)
  t.equal(new Set(hashes).size, changes.length + 1)
})

import t from 'tap'
import { isRenewed, planMachine, stateOf } from '../../../src/cloudprovider/docker/machine.ts'
import { Container } from '../../../src/cloudprovider/docker/schema.ts'

const STARTED = '2026-01-02T03:04:05.6Z'

function container(status: string, state: object = {}): Container {
  return Container.parse({
    Id: 'id',
    Name: '/machine',
    Image: 'sha256:1',
    State: { Status: status, StartedAt: STARTED, ...state },
    Config: { Image: 'busybox', Labels: { 'io.x-k8s.kind.cluster': 'c' } },
    HostConfig: {},
    NetworkSettings: {},
  })
}

t.test('what the engine calls a state, what it proves, and what it allows', async (t) => {
  for (const [status, power, provenStopped, start, reboot, replace] of [
    ['running', 'running', false, 'AlreadyRunning', 'ok', 'ok'],
    ['paused', 'paused', false, 'ok', 'ok', 'ok'],
    ['exited', 'off', true, 'ok', 'NotRunning', 'ok'],
    ['created', 'off', true, 'ok', 'NotRunning', 'ok'],
    ['dead', 'error', true, 'Dead', 'Dead', 'ok'],
    ['restarting', 'moving', false, 'AlreadyRunning', 'ok', 'ok'],
    ['removing', 'moving', false, 'BeingRemoved', 'BeingRemoved', 'BeingRemoved'],
    ['dancing', 'unknown', false, 'StateUnknown', 'StateUnknown', 'StateUnknown'],
  ] as const) {
    const state = stateOf(container(status))
    t.match(state, { power, provenStopped }, status)
    const plans = planMachine(state).map((plan) => (plan.verdict === 'ok' ? 'ok' : plan.reason))
    t.same(plans, [start, reboot, replace], status)
  }
})

t.test('the mark of a start changes with a start, and with waking from a pause', async (t) => {
  const mark = stateOf(container('running')).bootMark
  t.equal(mark, STARTED)
  t.equal(stateOf(container('exited')).bootMark, mark)
  t.not(stateOf(container('paused')).bootMark, mark)
  t.equal(stateOf(container('created', { StartedAt: '0001-01-01T00:00:00Z' })).bootMark, undefined)
  t.notOk(isRenewed(container('paused'), mark), 'a pause is no new start')
  t.ok(isRenewed(container('running', { StartedAt: '2027' }), mark))
})

t.test('why a machine is off is told', async (t) => {
  t.equal(stateOf(container('exited', { ExitCode: 137, OOMKilled: true })).fault, 'OOMKilled')
  t.equal(stateOf(container('exited', { ExitCode: 3 })).fault, 'exit code 3')
  t.equal(stateOf(container('exited', { ExitCode: 1, Error: 'no such device' })).fault, 'no such device')
  t.equal(stateOf(container('exited', { ExitCode: 0 })).fault, undefined)
})

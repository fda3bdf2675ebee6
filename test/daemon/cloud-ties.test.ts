import t from 'tap'
import type { ClusterHealth, SwitchState } from '../../src/core/model/instance.ts'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import { healthOf } from '../../src/daemon/cloud-health.ts'
import { createCloudTies } from '../../src/daemon/cloud-ties.ts'
import { createVirtualClock } from '../../src/simulator/clock/virtual-clock.ts'
import { check, failing, MINUTE, node, repair, SECOND, sight, suspicion, view } from '../support/pure/view.ts'

const nodes = [node('a'), node('b')]
const due = { unhealthyDurationMs: MINUTE }

t.test('a node is ill for the cloud from the end of its duration, and while it is in repair', async (t) => {
  const blip = view({ nodes, suspicions: [suspicion('a', [failing(30 * SECOND, check(due))])] })
  t.equal(healthOf(blip)?.healthy, true)
  const ill = healthOf(view({ nodes, suspicions: [suspicion('a', [failing(2 * MINUTE, check(due))])] }))
  t.equal(ill?.healthy, false)
  t.match(ill?.nodes.get('a'), { ready: false, reason: /./ })
  t.same(ill?.nodes.get('b'), { ready: true })
  const repaired = healthOf(view({ nodes, repairs: [repair('b', { phase: 'Soaking' })] }))
  t.same(repaired?.nodes.get('b'), { ready: false, reason: 'InRepair' })
  t.equal(healthOf(view({ nodes, repairs: [repair('b', { phase: 'Succeeded' })] }))?.healthy, true)
})

t.test('nothing is said of a cluster that is not seen', async (t) => {
  t.equal(healthOf(view({ nodes, sight: sight({ blindSince: 1 }) })), undefined)
  t.equal(healthOf(view({ nodes: [] })), undefined)
})

t.test('only the leader asks the switch and reports, and a cloud that fails is said and asked again', async (t) => {
  const clock = createVirtualClock()
  const notices: Notice[] = []
  const asked: string[] = []
  let [leading, fails] = [false, false]
  let elected = (): void => undefined
  const answer = async <T>(what: string, value: T): Promise<T> => {
    asked.push(what)
    if (fails) throw new Error('away')
    return value
  }
  const off: SwitchState = { on: false, reason: 'ClusterBusy' }
  const provider = {
    switch: () => answer('switch', off),
    report: () => answer('report', undefined),
  } as Partial<CloudProvider> as CloudProvider
  const health: ClusterHealth = { healthy: true, nodes: new Map() }
  const tell = (notice: Notice): void => void notices.push(notice)
  const ties = createCloudTies({
    ...{ clock, provider, tell, leading: () => leading, health: () => health },
    onLeading: (listener) => {
      elected = listener
    },
  })
  const stop = new AbortController()
  const running = ties.run(stop.signal)

  await clock.advance(60 * SECOND)
  t.same(asked, [])
  leading = true
  elected()
  await clock.advance(SECOND)
  t.same(asked, ['switch', 'report'])
  t.same(ties.switch(), off)
  fails = true
  await clock.advance(31 * SECOND)
  t.same(ties.switch(), off, 'what was heard last')
  t.equal(asked.filter((what) => what === 'switch').length, 2)
  t.equal(asked.filter((what) => what === 'report').length, 4)
  const said = (reason: string) => notices.filter((notice) => notice.reason === reason)
  t.match(said('HealthNotReported')[0], { level: 'warn', message: 'away' })
  t.match(said('CloudUnavailable'), [{ level: 'warn', message: 'away' }])
  await clock.advance(31 * SECOND)
  t.equal(said('CloudUnavailable').length, 1, 'a trouble that lasts is told once')
  stop.abort()
  await clock.advance(SECOND)
  await running
})

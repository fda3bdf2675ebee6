import t from 'tap'
import { configOf, outageOf, play } from '../../support/outage/play.ts'

t.test('a check that can never pass neither fails a repair nor holds the next node of the pool', async (t) => {
  const events = ['what: kubelet, at: 10m, nodes: [w3]', 'what: kubelet, at: 1h, nodes: [w4]']
  const never = '{type: NodeCondition, params: {types: [Ready, NetworkUnavailable]}}'
  const { acts, broken, timeline } = await play(outageOf(events, { lasts: '2h', workers: 10 }), {
    config: configOf(`healthcheck: {worker: [${never}]}\ngates: {correlatedCause: {window: 0s}}\n`),
  })
  t.match(acts, [
    { node: 'w3', rung: 'reboot-soft' },
    { node: 'w4', rung: 'reboot-soft' },
  ])
  t.match(broken, [
    { node: 'w3', until: Number },
    { node: 'w4', until: Number },
  ])
  t.equal(timeline.filter(({ text }) => text.startsWith('RepairSucceeded')).length, 2)
})

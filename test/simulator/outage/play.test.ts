import t from 'tap'
import { configOf, MINUTE, outageOf, play } from '../../support/outage/play.ts'

const DEAD_KUBELET = 'what: kubelet, at: 10m, nodes: [w3]'

t.test('one dead kubelet is rebooted once, and cured', async (t) => {
  const { acts, broken, nodeMinutesLost } = await play(outageOf([DEAD_KUBELET]))
  t.match(acts, [{ node: 'w3', rung: 'reboot-soft', up: false }])
  const [{ node, since, until = Number.NaN } = { node: '', since: 0 }] = broken
  t.equal(node, 'w3')
  t.ok(until - since > 5 * MINUTE && until - since < 8 * MINUTE, `cured after ${until - since} ms`)
  t.ok(nodeMinutesLost > 5 && nodeMinutesLost < 8, `${nodeMinutesLost} node-minutes`)
})

t.test('without heald nothing is done, and the node is lost until the end', async (t) => {
  const played = await play(outageOf([DEAD_KUBELET]), { healer: 'nobody' })
  t.same(played.acts, [])
  t.match(played.broken, [{ node: 'w3', since: 10 * MINUTE, until: undefined }])
  t.equal(played.nodeMinutesLost, 50)
})

t.test('a trouble that only a new machine ends is replaced, whatever was tried before', async (t) => {
  const { acts, broken } = await play(outageOf([`${DEAD_KUBELET}, cure: replace`], { lasts: '2h' }))
  t.same(
    acts.map(({ rung }) => rung),
    ['reboot-soft', 'reboot-hard', 'replace'],
  )
  t.match(broken, [{ node: 'w3', until: Number }])
})

t.test('all silent at once: heald stands still, and says which gate holds', async (t) => {
  const { acts, holds } = await play(outageOf(['what: network, at: 10m, for: 30m, nodes: {}']))
  t.same(acts, [])
  t.match(new Set(holds.map(({ reason }) => reason)), new Set(['MassSilence', 'ZoneDown']))
})

t.test('a machine that is off is started', async (t) => {
  const { acts } = await play(outageOf(['what: power, at: 10m, nodes: [w3]']))
  t.match(acts, [{ node: 'w3', rung: 'start', up: false }])
})

t.test('while heald is cut off from the API server it does nothing, and leads again afterwards', async (t) => {
  const { acts } = await play(outageOf(['what: heald-api, at: 9m, for: 20m', DEAD_KUBELET]))
  t.match(acts, [{ node: 'w3', rung: 'reboot-soft' }])
  t.ok((acts[0]?.at ?? 0) > 34 * MINUTE, 'its clocks begin anew when it sees again')
})

t.test('the same outage plays the same, to the millisecond', async (t) => {
  const events = [
    'what: network, at: 10m, for: 20m, nodes: {rack: 1, first: 2}, loss: 0.5',
    'what: disk, at: 12m, nodes: [w3], flaps: {down: 7m, up: 3m}',
  ]
  t.same(await play(outageOf(events)), await play(outageOf(events)))
})

t.test('with eyes as quick as the daemon has them, the same is done within seconds', async (t) => {
  const outage = outageOf(
    [
      'what: network, at: 10m, for: 30m, nodes: [w3]',
      'what: kubelet, at: 20m, nodes: [w7]',
      'what: disk, at: 1h, nodes: [w1, w2], every: 2m, flaps: {down: 7m, up: 3m}',
    ],
    { lasts: '2h' },
  )
  const [coarse, exact] = [await play(outage), await play(outage, { paceMs: 5_000 })]
  const what = ({ node, rung }: { readonly node: string; readonly rung: string }) => `${rung} ${node}`
  t.same(coarse.acts.map(what), exact.acts.map(what))
  for (const [index, { at }] of coarse.acts.entries()) t.ok(Math.abs(at - (exact.acts[index]?.at ?? 0)) <= 10_000)
})

t.test('dry-run is played too: nothing is sent to the cloud', async (t) => {
  const { acts, timeline } = await play(outageOf([DEAD_KUBELET]), { config: configOf('dryRun: true') })
  t.same(acts, [])
  t.ok(timeline.some(({ text }) => text.startsWith('WouldRepair')))
})

import t from 'tap'
import { drawOutage } from '../../../../src/simulator/outage/picture/draw.ts'
import { lanesOf } from '../../../../src/simulator/outage/picture/lanes.ts'
import { judgeOutage } from '../../../../src/simulator/outage/verdict.ts'
import { configOf, HOUR, MINUTE, outageOf, play } from '../../../support/outage/play.ts'

const CRASH = 'what: kubelet, at: 10m, nodes: [w3]'
const config = configOf()

t.test('whoever had no trouble has no lane; a fault ends when an act has cured it', async (t) => {
  const played = await play(outageOf([CRASH]))
  const [lane, ...others] = lanesOf(played, HOUR)
  t.same(others, [])
  t.match(lane, { nodes: ['w3'], acts: [{ rung: 'reboot-soft' }], faults: [{ from: 10 * MINUTE, text: 'kubelet' }] })
  t.equal(lane?.faults[0]?.until, played.broken[0]?.until)
})

t.test('nodes to which the same happened share a lane; what happens to the world has the first', async (t) => {
  const played = await play(
    outageOf(['what: network, at: 20m, for: 10m, nodes: [w1, w2, w7]', 'what: cloud, at: 30m, for: 10m', CRASH]),
    { healer: 'nobody' },
  )
  const lanes = lanesOf(played, HOUR)
  t.same(
    lanes.map(({ nodes }) => nodes),
    [[], ['w3'], ['w1', 'w2', 'w7']],
  )
  t.same(lanes[0]?.faults, [{ from: 30 * MINUTE, until: 40 * MINUTE, text: 'cloud' }])
})

t.test('a fault without an end is drawn to the end', async (t) => {
  const [lane] = lanesOf(await play(outageOf(['what: image, at: 10m, nodes: [w3]'])), HOUR)
  t.equal(lane?.faults[0]?.until, HOUR)
})

t.test('the picture is one well-formed element, whatever a title says', async (t) => {
  const outage = { ...outageOf([CRASH]), title: '</svg><script>alert("&")</script>\u0007' }
  const svg = drawOutage(await judgeOutage(outage, { config }, []), outage.lasts)
  t.notOk(svg.includes('<script'))
  t.notOk(svg.includes('\u0007'))
  t.match(svg, '&lt;/svg&gt;&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;')
  const open: string[] = []
  for (const [, end, name = '', , empty] of svg.matchAll(/<(\/?)([a-z]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (end === '/') t.equal(open.pop(), name)
    else if (empty === '') open.push(name)
  }
  t.same(open, [])
  t.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /)
})

t.test('a cluster of a hundred in trouble is a picture that can still be sent by mail', async (t) => {
  const outage = outageOf(['what: disk, at: 1m, nodes: {role: worker}, every: 1m, flaps: {down: 7m, up: 3m}'], {
    ...{ workers: 100, lasts: '100m' },
  })
  const svg = drawOutage(await judgeOutage(outage, { config }, []), outage.lasts)
  t.ok(svg.length < 1_000_000, `${svg.length} bytes`)
  t.match(svg, />and [1-9][0-9]* nodes more</)
})

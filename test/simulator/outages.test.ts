// Every shipped scenario, with what heald may do in it. To play one: OUTAGE=rack npx tap run test/simulator/outages.test.ts
import { readdirSync } from 'node:fs'
import t from 'tap'
import { mistakes, OUTAGES } from '../support/outage/expected.ts'
import { play, shipped } from '../support/outage/play.ts'

const only = process.env.OUTAGE

for (const [name, allowed] of Object.entries(OUTAGES)) {
  if (only !== undefined && only !== name) continue
  const outage = shipped(name)
  t.test(`${name}: ${outage.title}`, async (t) => {
    const played = await play(outage)
    t.same(mistakes(played, allowed), [])
    t.ok(played.timeline.length > 0)
  })
}

t.test('a node that goes to and fro, and never fails for long enough, is mended by one reboot', async (t) => {
  const { acts } = await play(shipped('flapping-node'))
  t.match(acts, [{ node: 'w3', rung: 'reboot-soft' }])
})

t.test('each shipped scenario is in the table', async (t) => {
  const files = readdirSync('examples/outages').map((file) => file.replace(/\.yaml$/, ''))
  t.same(files.sort(), Object.keys(OUTAGES).sort())
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

interface Repair {
  readonly node: string
  readonly phase: string
  readonly rungs: readonly { readonly rung: string; readonly why: Readonly<Record<string, string>> }[]
}

const run = promisify(execFile)

t.test('the demo repairs what it breaks, touches nothing of the lost zone, and ends by itself', async (t) => {
  const { stdout } = await run(process.execPath, [
    '--max-semi-space-size=2',
    'dist/heald.mjs',
    'demo',
    '--once',
    '--json',
  ])
  const facts = JSON.parse(stdout)
  t.equal(facts.ok, true)
  const rungs = Object.fromEntries(
    facts.repairs.map((repair: Repair) => [repair.node, [...repair.rungs.map(({ rung }) => rung), repair.phase]]),
  )
  t.same(rungs, {
    'worker-a-1': ['reboot-hard', 'Succeeded'],
    'worker-b-2': ['start', 'Succeeded'],
    'worker-c-3': ['reboot-hard', 'replace', 'Succeeded'],
    'master-b': ['reboot-hard', 'Succeeded'],
    'worker-a-2': ['reboot-hard', 'Succeeded'],
  })
  for (const { node, rungs } of facts.repairs as readonly Repair[]) {
    for (const { rung, why } of rungs) t.ok(why.Witness, `${rung} of ${node} says who saw it broken`)
  }
  t.match(facts.heldZone, { acts: 0, nodeRepairs: 0, gates: [{ gate: 'ZoneHold' }, { gate: 'Breaker' }] })
  const pause = facts.scenes.find((scene: { scene: string }) => scene.scene === 'pause-resume')
  t.equal(pause.cloudCallsWhilePaused, 0)
})

import t from 'tap'
import { type Blow, REBOOT, REPLACE, type Scenario, strike } from '../../support/cluster/crash.ts'

/** Every place at which the outside world differs by what the dead leader had done: the rest is in test/integration. */
const PLACES: readonly (readonly [Scenario, RegExp, number, Blow['when'], string])[] = [
  [REBOOT, /POST .*noderepairs$/, 1, 'before', 'the repair is opened'],
  [REBOOT, /POST .*noderepairs$/, 1, 'after', 'the repair is opened'],
  [REBOOT, /PATCH .*nodes\/w0$/, 1, 'after', 'the node is marked'],
  [REBOOT, /PUT .*status$/, 1, 'before', 'Issued is written'],
  [REBOOT, /PUT .*status$/, 1, 'after', 'Issued is written'],
  [REBOOT, /^step$/, 1, 'before', 'the act is sent'],
  [REBOOT, /^step$/, 1, 'after', 'the act is sent'],
  [REBOOT, /PUT .*status$/, 3, 'before', 'the confirmation is written'],
  [REBOOT, /PATCH .*noderepairs/, 2, 'after', 'the finalizer is removed'],
  [REPLACE, /^step$/, 2, 'after', 'a later step is sent'],
  [REPLACE, /PUT .*status$/, 3, 'after', 'the cursor of a later step is written'],
  [REPLACE, /^step$/, 3, 'before', 'a step after that is sent'],
]

t.test(
  'a leader killed at the telling places leaves a repair that its successor ends, without a second act',
  async (t) => {
    const outcomes = await Promise.all(
      PLACES.map(async ([scenario, what, nth, when, place]) => {
        const blow = { nth, when, counts: (call: { what: string }) => what.test(call.what), how: 'kill' } as const
        return { name: `${scenario.rung}, killed ${when} ${place}`, ...(await strike(scenario, blow)) }
      }),
    )
    for (const { name, hit, faults } of outcomes) t.match({ hit, faults }, { hit: String, faults: [] }, name)
  },
)

t.test('a leader frozen between its fence and its act wakes to a lost lease, and sends nothing', async (t) => {
  const frozen = { freezeMs: 9_000 }
  const places = [
    { counts: (call: { what: string }) => /PUT .*leases\/heald$/.test(call.what), nth: 3, when: 'after' },
    { counts: (call: { what: string }) => call.what === 'step', nth: 1, when: 'before' },
    { counts: (call: { what: string }) => call.what === 'step', nth: 1, when: 'after' },
  ] as const
  const outcomes = await Promise.all(places.map((place) => strike(REBOOT, { ...place, how: frozen }, ['w1'])))
  for (const { hit, faults } of outcomes) t.match({ hit, faults }, { hit: String, faults: [] }, String(hit))
})

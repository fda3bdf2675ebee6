import t from 'tap'
import { order } from '../support/pure/scene.ts'
import { explore } from '../support/schedules/explore.ts'
import { createJudge } from '../support/schedules/judge.ts'
import { play } from '../support/schedules/play.ts'
import { HARMS, type Schedule, scheduleOf, tellSchedule } from '../support/schedules/schedule.ts'
import { createStore } from '../support/schedules/store.ts'
import { createWorld } from '../support/schedules/world.ts'

const QUIET: Schedule = { seed: 1, rung: 'replace', rates: [1, 1], youngestFirst: false, harms: [] }

t.test(
  'whatever is frozen, lost, late, killed, stalled, restored or taken back: no double act, none without its intent, none by a leader that has lost, and no repair is lost',
  async (t) => {
    const { findings, harms, acts } = await explore({ first: 1, count: 80 })
    t.same(
      findings.map(({ schedule, faults }) => [...tellSchedule(schedule), ...faults]),
      [],
    )
    t.same(
      [...HARMS].filter((what) => !harms.has(what)),
      [],
      'each kind of harm came',
    )
    t.ok(acts >= 80, `${acts} acts, else this proves nothing`)
  },
)

t.test('an undisturbed repair does each act of its rung once', async (t) => {
  const { acts, faults } = await play(QUIET)
  t.same(faults, [])
  t.same(
    acts.map(({ act }) => act),
    ['stop', 'create', 'remove'],
  )
})

t.test('a schedule can be played again: same requests, same acts', async (t) => {
  const [first, second] = [await play(scheduleOf(7)), await play(scheduleOf(7))]
  t.same({ way: first.way, acts: first.acts }, { way: second.way, acts: second.acts })
})

t.test(
  'the judge sees an act without an intent, one that comes twice, and one of a leader that has lost',
  async (t) => {
    const world = createWorld(QUIET, () => undefined)
    const [one, two] = [world.begin(0), world.begin(1)]
    const judge = createJudge(world.now, createStore(world.now))
    judge.leads(one, 1)
    judge.sends(one, order('reboot-hard'), 'reboot')
    judge.arrives(order('reboot-hard'), 'reboot')
    judge.arrives(order('reboot-hard'), 'reboot')
    judge.leads(two, 2)
    judge.sends(one, order('reboot-hard'), 'reboot')
    const of = (text: string): boolean => judge.faults.some((fault) => fault.includes(text))
    t.ok(of('no intent'))
    t.ok(of('comes twice'))
    t.ok(of('leads with 2'))
  },
)

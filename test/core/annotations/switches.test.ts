import t from 'tap'
import { SKIP } from '../../../src/core/annotations/skip.ts'
import { switchHold } from '../../../src/core/annotations/switches.ts'
import type { Switches } from '../../../src/core/model/view.ts'
import { CALENDAR, node, view } from '../../support/pure/view.ts'

const NONE: Switches = view({ nodes: [] }).switches
const pause = (until: number | undefined) => ({ reason: 'upgrade', until })

function reasonWith(switches: Partial<Switches>, annotations: Readonly<Record<string, string>> = {}) {
  const picture = view({ nodes: [node('w0', { annotations })], rest: { switches: { ...NONE, ...switches } } })
  return switchHold('w0', 'gpu', picture)?.reason
}

t.test('a switch in a person’s hand holds: the stop file, a pause of any reach, the skip of the node', async (t) => {
  t.equal(reasonWith({}), undefined)
  t.equal(reasonWith({ stopped: true }), 'Stopped')
  t.equal(reasonWith({ paused: pause(undefined) }), 'Paused')
  t.equal(reasonWith({ pools: new Map([['gpu', pause(undefined)]]) }), 'Paused')
  t.equal(reasonWith({ nodes: new Map([['w0', pause(undefined)]]) }), 'Paused')
  t.equal(reasonWith({}, { [SKIP]: 'true' }), 'OptedOut')
})

t.test('what is of another pool, of another node, of the cloud, or over does not', async (t) => {
  t.equal(reasonWith({ pools: new Map([['worker', pause(undefined)]]) }), undefined)
  t.equal(reasonWith({ nodes: new Map([['w1', pause(undefined)]]) }), undefined)
  t.equal(reasonWith({ cloud: { on: false, reason: 'label' } }), undefined)
  t.equal(reasonWith({ paused: pause(CALENDAR + 1) }), 'Paused')
  t.equal(reasonWith({ paused: pause(CALENDAR) }), undefined)
})

import t from 'tap'
import type { View } from '../../../src/core/model/view.ts'
import { createKnown } from '../../../src/daemon/reporting/pages.ts'
import { NOW, policy, view, workers } from '../../support/pure/view.ts'

const NOBODY = {
  leading: false,
  epoch: undefined,
  highestEpoch: undefined,
  holder: undefined,
  renewedAt: undefined,
  standingAside: false,
}

function follower(nodes: () => View['nodes']) {
  let now = NOW
  let assembled = 0
  const seen = (): View => {
    assembled++
    return { ...view(), nodes: nodes(), now }
  }
  const known = createKnown({
    provider: 'docker',
    daemon: { view: seen, policy },
    keeper: { lastGoodAt: () => 7, trouble: () => undefined },
    clock: { now: () => now, wall: () => now, sleep: () => Promise.resolve() },
    election: () => NOBODY,
    decided: () => undefined,
  })
  const advance = (ms: number): void => {
    now += ms
  }
  return { known, assembled: () => assembled, advance }
}

t.test('a replica that only observes decides at most once a second, however often it is asked', (t) => {
  const { nodes } = view({ nodes: workers(3) })
  const { known, assembled, advance } = follower(() => nodes)
  const first = known()
  for (let i = 0; i < 9; i++) {
    advance(100)
    t.equal(known().decision, first.decision)
  }
  t.equal(assembled(), 1)
  advance(100)
  t.not(known().decision, first.decision)
  t.equal(assembled(), 2)
  t.equal(first.configLastGoodAt, 7)
  t.end()
})

t.test('the first list of nodes is shown as soon as it is in', (t) => {
  let nodes: View['nodes'] = new Map()
  const { known } = follower(() => nodes)
  t.equal(known().view.nodes.size, 0)
  nodes = view({ nodes: workers(3) }).nodes
  t.equal(known().view.nodes.size, 3)
  t.end()
})

t.test('a leader shows its last round and decides nothing for a page', (t) => {
  const seen = view({ nodes: workers(3) })
  const round = { view: seen, decision: { verdicts: new Map(), wakeAt: undefined } }
  const refuse = (): never => {
    throw new Error('assembled for a page')
  }
  const known = createKnown({
    provider: 'docker',
    daemon: { view: refuse, policy },
    keeper: { lastGoodAt: () => undefined, trouble: () => undefined },
    clock: { now: () => NOW, wall: () => NOW, sleep: () => Promise.resolve() },
    election: () => ({ ...NOBODY, leading: true }),
    decided: () => round,
  })
  t.match(known(), { ...round, election: { leading: true } })
  t.end()
})

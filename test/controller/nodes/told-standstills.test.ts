import t from 'tap'
import { createToldStandstills } from '../../../src/controller/nodes/told-standstills.ts'
import { decide } from '../../../src/core/decide.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import {
  failing,
  MINUTE,
  NOW,
  oneBrokenWorker,
  policy,
  repair,
  SECOND,
  suspicion,
  type ViewParts,
  workers,
} from '../../support/pure/view.ts'

function scene() {
  const notices: Notice[] = []
  const tell = createToldStandstills((notice) => notices.push(notice))
  /** A round so long after the first one. */
  const round = (afterMs: number, parts: ViewParts): void => {
    const picture = { ...oneBrokenWorker(parts), now: NOW + afterMs }
    tell(picture, policy(), decide(picture, policy()))
  }
  return { notices, round }
}

const SKEWED: ViewParts = { nodes: workers(10), suspicions: [], sight: { skewMs: 45 * SECOND } }

t.test('a clock that holds everybody is told of after a minute, once, and again when it is right', async (t) => {
  const { notices, round } = scene()
  for (let at = 0; at <= 10 * MINUTE; at += SECOND) round(at, SKEWED)
  t.match(notices, [
    { level: 'warn', reason: 'StandsStill', message: /for 1m: OwnSight ClockSkew: the clock of heald/ },
  ])
  round(11 * MINUTE, { ...SKEWED, sight: {} })
  t.match(notices.slice(1), [
    { level: 'info', reason: 'GoesOn', message: /^OwnSight ClockSkew: that is over, after 11m$/ },
  ])
})

t.test('what lasts no minute is no silence', async (t) => {
  const { notices, round } = scene()
  for (let at = 0; at <= 10 * MINUTE; at += SECOND)
    round(at, at % (50 * SECOND) === 0 ? { ...SKEWED, sight: {} } : SKEWED)
  t.same(notices, [])
})

t.test('a gate that keeps nodes that are due from being repaired is told of, and so is each node', async (t) => {
  const { notices, round } = scene()
  const many = [0, 1, 2, 3].map((index) => suspicion(`w${index}`, [failing(10 * MINUTE)]))
  for (const at of [0, MINUTE, 2 * MINUTE]) round(at, { suspicions: many })
  t.match(notices, [
    { reason: 'StandsStill', message: /Breaker BreakerOpen: w0: 4 of 10/, event: 'Warning' },
    { reason: 'Held', message: /^w0 is due and held: Breaker/, event: 'Normal', regarding: [{ name: 'w0' }] },
    { reason: 'StandsStill', message: /Identity CloudNotAsked: w1: / },
    ...['w1', 'w2', 'w3'].map((name) => ({ reason: 'Held', regarding: [{ kind: 'Node', name }] })),
  ])
  t.equal(notices.length, 6)
})

t.test('who is not due, or has a repair that says itself what holds it, is no standstill', async (t) => {
  const { notices, round } = scene()
  const parts: ViewParts = {
    suspicions: [suspicion('w0', [failing(MINUTE)]), suspicion('w1', [failing(2 * MINUTE)])],
    repairs: [repair('w1', { phase: 'Parked' })],
  }
  for (const at of [0, MINUTE, 2 * MINUTE]) round(at, parts)
  t.same(notices, [])
})

t.test('every way in which heald stands still is told, without anybody failing', async (t) => {
  const pause = { reason: 'upgrade', until: undefined }
  const ways: readonly (readonly [string, ViewParts])[] = [
    ['Paused Paused', { switches: { paused: pause } }],
    ['Paused StopFile', { switches: { stopped: true } }],
    ['Paused CloudSwitchOff', { switches: { cloud: { on: false, reason: 'label' } } }],
    ['LedgerUsable LedgerUnusable', { sight: { ledger: { usable: false, reason: 'no CRD' } } }],
    ['OwnSight Blind', { sight: { blindSince: NOW - MINUTE, blindSource: 'the watch of nodes' } }],
    ['OwnSight RepairsBehind', { sight: { repairsBehind: true } }],
  ]
  for (const [key, parts] of ways) {
    const { notices, round } = scene()
    for (const at of [0, MINUTE]) round(at, { ...parts, nodes: workers(3), suspicions: [] })
    t.match(notices, [{ reason: 'StandsStill' }], key)
    t.match(notices[0]?.message, key)
  }
})

t.test('of very many nodes some are told of, and no more', async (t) => {
  const { notices, round } = scene()
  const many = Array.from({ length: 50 }, (_, index) => suspicion(`w${index}`, [failing(10 * MINUTE)]))
  for (const at of [0, MINUTE, 2 * MINUTE]) round(at, { nodes: workers(60), suspicions: many })
  const told = notices.filter(({ reason, message }) => reason === 'Held' && message.includes('CloudNotAsked'))
  t.equal(told.length, 10)
})

t.test('a node that comes to be held by something else is told of again', async (t) => {
  const { notices, round } = scene()
  const parts = { suspicions: [suspicion('w1', [failing(10 * MINUTE)])] }
  const paused = new Map([['w1', { reason: 'disk', until: undefined }]])
  for (const at of [0, MINUTE]) round(at, parts)
  for (const at of [2 * MINUTE, 3 * MINUTE]) round(at, { ...parts, switches: { nodes: paused } })
  const held = notices.filter(({ reason }) => reason === 'Held').map(({ message }) => message)
  t.match(held, [/^w1 is due and held: Identity CloudNotAsked/, /^w1 is due and held: Paused Paused: .*disk/])
})

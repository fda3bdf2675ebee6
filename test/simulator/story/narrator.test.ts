import t from 'tap'
import type { Explanation, GateResult } from '../../../src/core/model/view.ts'
import { startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { startChronicle } from '../../../src/simulator/story/chronicle.ts'
import { createNarrator } from '../../../src/simulator/story/narrator.ts'

const MERGE = { contentType: 'application/merge-patch+json' }

function narrated(options: { colours?: boolean; width?: number } = {}) {
  const clock = createVirtualClock()
  let text = ''
  const narrator = createNarrator({ write: (part) => (text += part), colours: false, clock, ...options })
  return { clock, narrator, text: () => text }
}

t.test('a line says when, who and what, and goes on below where it began', async (t) => {
  const { clock, narrator, text } = narrated({ width: 40 })
  await clock.advance(4_250)
  narrator.line('heald', 'reboots worker-1 because nobody else would do it')
  t.strictSame(text().split('\n'), [
    '   4.3s heald    reboots worker-1',
    '                 because nobody else',
    '                 would do it',
    '',
  ])
})

t.test('colours are used only when asked for, and no escape sequence of a text passes', async (t) => {
  const plain = narrated()
  plain.narrator.heading('title')
  plain.narrator.line('fault', 'a \u001b[31mred\u001b[0m text')
  t.notMatch(plain.text(), '\u001b')
  const coloured = narrated({ colours: true })
  coloured.narrator.line('fault', 'x')
  t.match(coloured.text(), '\u001b[31mfault')
})

t.test('columns of a table stand under each other', async (t) => {
  const { narrator, text } = narrated()
  narrator.table([
    ['a', 'bb', 'c'],
    ['aaa', 'b', ''],
  ])
  t.equal(text(), '  a     bb   c\n  aaa   b\n')
})

const gate = (name: string, message: string): GateResult => ({
  ...{ gate: name, message, pass: true, reason: 'Ok', have: null, need: null },
})

t.test('a percentage stays on one line with its sign', async (t) => {
  const { narrator, text } = narrated({ width: 30 })
  narrator.line('why', 'limit above 20 % now')
  t.match(text(), /limit above\n +20 % now/)
})

t.test('the chronicle tells a repair from what stands in the NodeRepair', async (t) => {
  const { narrator, text } = narrated({ width: 200 })
  const gates = [gate('Witness', 'seen'), gate('Breaker', '1 of 9'), gate('Approval', 'not needed')]
  const rest = { checks: [], repair: undefined, changes: [], summary: '' }
  let said: Explanation = { node: 'w-1', kind: 'repair', rung: 'reboot-hard', gates, ...rest }
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  const chronicle = startChronicle(api, narrator, () => said)
  const path = '/apis/heald.dev/v1alpha1/noderepairs'
  api.call('POST', '/api/v1/nodes', { metadata: { name: 'w-1' } })
  const cordon = (unschedulable: boolean | null) =>
    api.call('PATCH', '/api/v1/nodes/w-1', { spec: { unschedulable } }, MERGE)
  const seen = { check: 'NodeCondition', plane: 'lease', symptom: 'Silent', reason: 'Unknown' }
  const evidence = [{ ...seen, message: 'Ready=Unknown.', failingForSeconds: 7 }]
  const spec = {
    ...{ nodeName: 'w-1', nodeUID: 'u', provider: 'pretend', role: 'worker', pool: 'p', policyHash: 'h' },
    ...{ epoch: 1, evidence },
  }
  api.call('POST', path, { metadata: { name: 'w-1-1' }, spec })
  const status = (phase: string, more: object = {}) => {
    const base = { phase, epoch: 1, attempts: [], skipped: [], holds: [], nodeUID: 'u', startedAt: 't' }
    const body = { status: { ...base, ...more } }
    t.equal(api.call('PATCH', `${path}/w-1-1/status`, body, MERGE).code, 200)
  }
  const instance = { id: 'i-1', name: 'w-1' }
  const order = { rung: 'reboot-hard', repair: 'w-1-1', nodeName: 'w-1', nodeUID: 'u', instance, key: 'w-1-1/u/1' }
  const attempt = { id: 1, rung: 'reboot-hard', order, issuedAt: 't' }
  status('Pending', { holds: [{ gate: 'Breaker', reason: 'Open', message: 'too many' }] })
  const skipped = [{ rung: 'start', reason: 'NotOff' }]
  cordon(true)
  status('Acting', { skipped, attempts: [{ ...attempt, state: 'Issued' }] })
  chronicle.act({ act: 'reboot-hard', name: 'w-1', instance: 'i-1', at: 0 })
  const failed = { ...attempt, state: 'Failed', message: 'no proof' }
  status('Pending', { attempts: [failed] })
  said = { ...said, rung: 'replace' }
  const both = [failed, { ...attempt, id: 2, rung: 'replace', state: 'Issued' }]
  status('Acting', { skipped, attempts: both })
  status('Parked', { attempts: both, message: 'every rung tried' })
  cordon(null)
  chronicle.stop()
  const told = text().split('\n')
  for (const [line, words] of [
    'heald    opens NodeRepair w-1-1 for w-1: the NodeCondition check has failed for 7s (Ready=Unknown)',
    'holds    Breaker: too many',
    'heald    cordons w-1: no new pods there',
    'why      all 3 safety gates allow reboot-hard. Witness: seen. Breaker: 1 of 9',
    'heald    records attempt 1, then orders reboot-hard of w-1 (not start: the cloud says that the machine runs)',
    'cloud    carries out reboot-hard of w-1 (i-1)',
    'heald    reboot-hard did not help: no proof. If the check goes on failing, the next rung follows',
    'why      all 3 safety gates allow replace. Witness: seen. Breaker: 1 of 9. Approval: not needed',
    'heald    records attempt 2, then orders replace of w-1 (reboot-hard did not help)',
    'holds    w-1 needs a person: every rung tried',
    'heald    takes its cordon back: w-1, whose repair is over, may have pods again',
    '',
  ].entries()) {
    t.ok(told[line]?.endsWith(words), `${told[line]} | ${words}`)
  }
  t.strictSame(chronicle.reasons('w-1-1', 1), { Witness: 'seen', Breaker: '1 of 9' })
  t.match(chronicle.reasons('w-1-1', 2), { Approval: 'not needed' })
})

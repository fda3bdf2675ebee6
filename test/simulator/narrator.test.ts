import t from 'tap'
import { startEmbeddedApi } from '../../src/simulator/api/server.ts'
import { startChronicle } from '../../src/simulator/story/chronicle.ts'
import { createNarrator } from '../../src/simulator/story/narrator.ts'
import { createVirtualClock } from '../../src/simulator/virtual-clock.ts'

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

t.test('the chronicle tells a repair from what stands in the NodeRepair', async (t) => {
  const { narrator, text } = narrated({ width: 200 })
  const api = await startEmbeddedApi()
  t.teardown(() => api.stop())
  const chronicle = startChronicle(api, narrator)
  const path = '/apis/heald.dev/v1alpha1/noderepairs'
  const evidence = [{ check: 'NodeCondition', reason: 'Unknown', message: 'Ready=Unknown.', failingForSeconds: 7 }]
  const spec = {
    ...{ nodeName: 'w-1', nodeUID: 'u', provider: 'pretend', role: 'worker', pool: 'p', policyHash: 'h' },
    ...{ epoch: 1, evidence },
  }
  api.call('POST', path, { metadata: { name: 'w-1-1' }, spec })
  const status = (phase: string, more: object = {}) => {
    const base = { phase, epoch: 1, attempts: [], skipped: [], holds: [], nodeUID: 'u', startedAt: 't' }
    const body = { status: { ...base, ...more } }
    t.equal(api.call('PATCH', `${path}/w-1-1/status`, body, { contentType: 'application/merge-patch+json' }).code, 200)
  }
  const attempt = { id: 1, rung: 'reboot-hard', order: {}, issuedAt: 't' }
  status('Pending', { holds: [{ gate: 'Breaker', reason: 'Open', message: 'too many' }] })
  const skipped = [{ rung: 'start', reason: 'NotOff' }]
  status('Acting', { skipped, attempts: [{ ...attempt, state: 'Issued' }] })
  chronicle.act({ act: 'reboot-hard', name: 'w-1', instance: 'i-1', at: 0 })
  status('Pending', { attempts: [{ ...attempt, state: 'Failed', message: 'no proof' }] })
  status('Parked', { attempts: [{ ...attempt, state: 'Failed', message: 'no proof' }], message: 'every rung tried' })
  chronicle.stop()
  const told = text().split('\n')
  for (const [line, words] of [
    'heald    opens NodeRepair w-1-1 for w-1: NodeCondition fails for 7s (Ready=Unknown)',
    'holds    Breaker: too many',
    'heald    writes down attempt 1, then orders: reboot-hard of w-1 (start would not help: the machine is not off)',
    'cloud    carries out: reboot-hard w-1 (i-1)',
    'heald    reboot-hard did not help: no proof; the next rung is due',
    'holds    w-1 needs a person: every rung tried',
    '',
  ].entries()) {
    t.ok(told[line]?.endsWith(words), `${told[line]} | ${words}`)
  }
})

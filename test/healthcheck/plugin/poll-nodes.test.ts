import t from 'tap'
import { checkResult } from '../../../src/healthcheck/plugin/check-result.ts'
import { createFaultTeller, pollNodes } from '../../../src/healthcheck/plugin/poll-nodes.ts'
import { node } from '../../support/pure/view.ts'
import { only, testDeps } from '../fixtures.ts'

const never = new AbortController().signal
const findingOf = (status: 'pass' | 'unknown', reason: string) => ({ status, reason, seenAt: 0 })

t.test('a timeout that comes far too late is our own stall, and blames nobody', async (t) => {
  let now = 0
  const clock = { now: () => now, wall: () => 0, sleep: async () => undefined }
  const options = { clock, concurrency: 1, atMostMs: 5_000 }
  const after = async (ms: number, status: 'fail' | 'pass') => {
    const lookAt = async () => {
      now += ms
      return checkResult(status, status === 'fail' ? 'Timeout' : 'Answered')
    }
    return only(await pollNodes([node('a')], options, lookAt, never))
  }
  t.match(await after(5_100, 'fail'), { status: 'fail', reason: 'Timeout' })
  t.match(await after(20_000, 'fail'), { status: 'unknown', reason: 'OwnStall' })
  t.match(await after(20_000, 'pass'), { status: 'pass' }, 'an answer is an answer')
})

t.test('a look that throws leaves its node unknown and the others seen', async (t) => {
  const lookAt = async ({ name }: { name: string }) => {
    if (name === 'b') throw new Error('boom')
    return checkResult('pass', 'Ok')
  }
  const nodes = [node('a'), node('b'), node('c')]
  const findings = await pollNodes(nodes, { clock: testDeps().clock, concurrency: 2, atMostMs: 1 }, lookAt, never)
  t.match(findings.get('b'), { status: 'unknown', reason: 'CheckFailed', message: 'boom' })
  t.match(findings.get('c'), { status: 'pass' })
})

t.test('faults are logged once when they begin, when they change and when they end', async (t) => {
  const { log, lines } = testDeps()
  const tell = createFaultTeller('Exec', log)
  const fine = new Map([['a', findingOf('pass', 'Ok')]])
  const hung = new Map([['a', findingOf('unknown', 'PluginHung')]])
  const crashed = new Map([['a', findingOf('unknown', 'PluginCrashed')]])
  const aborted = new Map([['a', findingOf('unknown', 'Aborted')]])
  for (const findings of [fine, hung, hung, aborted, crashed, crashed, fine, fine]) tell(findings)
  t.match(lines, [
    { level: 'warn', fields: { check: 'Exec', reasons: 'PluginHung', nodes: 1, node: 'a' } },
    { level: 'warn', fields: { reasons: 'PluginCrashed' } },
    { level: 'info', fields: { check: 'Exec' } },
  ])
  t.equal(lines.length, 3)
})

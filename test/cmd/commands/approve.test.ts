import t from 'tap'
import { APPROVAL_ANNOTATION, approvalOf } from '../../../src/core/annotations/approval.ts'
import { REPAIRS_PATH } from '../../../src/kube/store/repairs.ts'
import { cliStage } from '../../support/cli/cli-stage.ts'
import { attempt, spec, status } from '../../support/kube/repairs.ts'

const { signal } = new AbortController()
const HOUR = 3_600_000
const NAME = 'worker-1-0b1e3c52-1'
const OPEN = { phase: 'Pending', finishedAt: undefined } as const

t.test('an approval lets this rung of this repair pass for an hour, and no other rung', async (t) => {
  const { ledger, heald } = await cliStage(t)
  await ledger.writeStatus(await ledger.create(NAME, spec(), signal), status(OPEN), signal)
  const { code, out } = await heald('approve', NAME, 'replace')
  t.equal(code, 0)
  t.match(out, new RegExp(`^replace of node worker-1 is approved in repair ${NAME} for 1h, until 20.*Z\\n$`))
  const repair = (await ledger.get(NAME, signal))!
  const now = Date.now()
  t.match(approvalOf(repair, 'replace', now), { state: 'valid' })
  t.match(approvalOf(repair, 'replace', now + 0.99 * HOUR), { state: 'valid' })
  t.match(approvalOf(repair, 'replace', now + 1.01 * HOUR), { state: 'expired' })
  t.same(approvalOf(repair, 'reboot-hard', now), { state: 'none' })
})

t.test('other approvals stay, the same one is renewed, and what can not be read is replaced', async (t) => {
  const { api, ledger, heald } = await cliStage(t)
  await ledger.create(NAME, spec(), signal)
  await heald('approve', NAME, 'reboot-hard', '--for', '3h')
  const { out } = await heald('approve', NAME, 'replace', '--for', '15m', '-o', 'json')
  t.match(JSON.parse(out), { repair: NAME, node: 'worker-1', rung: 'replace', approvals: { 'reboot-hard': /^20/ } })
  const both = (await ledger.get(NAME, signal))!
  t.match(approvalOf(both, 'reboot-hard', Date.now() + 2 * HOUR), { state: 'valid' })
  t.match(approvalOf(both, 'replace', Date.now() + 2 * HOUR), { state: 'expired' })
  await heald('approve', NAME, 'replace', '--for', '5h')
  t.match(approvalOf((await ledger.get(NAME, signal))!, 'replace', Date.now() + 4 * HOUR), { state: 'valid' })

  const annotations = { [APPROVAL_ANNOTATION]: 'yes please' }
  const contentType = 'application/merge-patch+json'
  api.call('PATCH', `${REPAIRS_PATH}/${NAME}`, { metadata: { annotations } }, { contentType })
  t.equal((await heald('approve', NAME, 'start')).code, 0)
  t.match(approvalOf((await ledger.get(NAME, signal))!, 'start', Date.now()), { state: 'valid' })
})

t.test('a write of the leader in between is not lost, nor is another approval', async (t) => {
  const { api, ledger, heald } = await cliStage(t)
  await ledger.create(NAME, spec(), signal)
  const contentType = 'application/merge-patch+json'
  let raced = false
  api.setFaults((request) => {
    if (request.method === 'PATCH' && !raced) {
      raced = true
      const annotations = { [APPROVAL_ANNOTATION]: JSON.stringify({ start: '2999-01-01T00:00:00Z' }) }
      api.call('PATCH', `${REPAIRS_PATH}/${NAME}`, { metadata: { annotations } }, { contentType })
    }
    return undefined
  })
  const { code, out } = await heald('approve', NAME, 'replace')
  t.ok(raced)
  t.equal(code, 0)
  t.match(out, /approved before, and still written there: start/)
  const repair = (await ledger.get(NAME, signal))!
  for (const rung of ['start', 'replace'] as const) t.match(approvalOf(repair, rung, Date.now()), { state: 'valid' })
})

t.test('a repair that changes all the time is 75', async (t) => {
  const { api, ledger, heald } = await cliStage(t)
  await ledger.create(NAME, spec(), signal)
  api.setFaults(({ method }) => (method === 'PATCH' ? { kind: 'answer', status: 409, reason: 'Conflict' } : undefined))
  t.match(await heald('approve', NAME, 'replace'), {
    code: 75,
    out: '',
    err: /it changed 5 times meanwhile: try again/,
  })
})

t.test(
  'a repair that has ended, is being deleted or does not exist is refused, naming those that are open',
  async (t) => {
    const { api, ledger, heald } = await cliStage(t)
    t.match(await heald('approve', NAME, 'replace'), { code: 2, err: /there is no NodeRepair .*; no repair is open/ })
    const ended = status({ phase: 'Succeeded', attempts: [attempt(1, { state: 'Verified' })] })
    await ledger.writeStatus(await ledger.create(NAME, spec(), signal), ended, signal)
    t.match(await heald('approve', NAME, 'replace'), {
      code: 2,
      out: '',
      err: /is Succeeded: it has ended and acts no more/,
    })

    const open = await ledger.create('worker-2-b-1', spec({ nodeName: 'worker-2' }), signal)
    t.match(await heald('approve', 'worker-2-b', 'replace'), { code: 2, err: /; open are worker-2-b-1/ })
    t.match(await heald('approve', 'worker-2', 'replace'), { code: 0, out: /in repair worker-2-b-1 for 1h/ })
    await ledger.create('worker-2-b-2', spec({ nodeName: 'worker-2' }), signal)
    t.match(await heald('approve', 'worker-2', 'replace'), { code: 2, err: /open are worker-2-b-1, worker-2-b-2/ })
    await ledger.setFinalizer((await ledger.get(open.name, signal))!, true, signal)
    api.call('DELETE', `${REPAIRS_PATH}/worker-2-b-1`)
    t.match(await heald('approve', 'worker-2-b-1', 'replace'), { code: 2, err: /was deleted by a person/ })
  },
)

import t from 'tap'
import { refsOf } from '../../src/core/model/object-ref.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createTell, type EventSink } from '../../src/telemetry/tell.ts'

function door(event?: EventSink) {
  const lines: string[] = []
  const counted: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const metrics = { notice: (notice: Notice) => void counted.push(notice.reason) }
  const tell = createTell({ log, metrics, ...(event === undefined ? {} : { event }) })
  return { tell, counted, lines: () => lines.map((line) => JSON.parse(line)) }
}

const notice: Notice = {
  level: 'warn',
  reason: 'RepairParked',
  message: 'needs a person',
  regarding: refsOf('worker-1', 'worker-1-abc-1'),
  fields: { attempts: 3 },
  event: 'Warning',
}

t.test('a notice becomes a log line with its reason as the message, a count and an event', async (t) => {
  const events: Notice[] = []
  const { tell, counted, lines } = door((event) => events.push(event))
  tell(notice)
  t.match(lines(), [
    {
      level: 'warn',
      msg: 'RepairParked',
      message: 'needs a person',
      node: 'worker-1',
      repair: 'worker-1-abc-1',
      attempts: 3,
    },
  ])
  t.strictSame(counted, ['RepairParked'])
  t.strictSame(events, [notice])
})

t.test('no event is made of what asks for none, or belongs to no object', async (t) => {
  const events: Notice[] = []
  const { tell, counted } = door((event) => events.push(event))
  const { event: _, ...silent } = notice
  tell(silent)
  tell({ level: 'info', reason: 'Started', message: '', event: 'Normal' })
  t.strictSame(events, [])
  t.equal(counted.length, 2)
})

t.test('an event that can not be made is told, and telling goes on', async (t) => {
  const { tell, lines } = door(() => {
    throw new Error('no events today')
  })
  tell(notice)
  t.match(lines()[1], {
    level: 'warn',
    msg: 'EventNotSent',
    reason: 'RepairParked',
    error: { message: 'no events today' },
  })
})

t.test('neither line nor event holds a credential', async (t) => {
  const events: Notice[] = []
  const { tell, lines } = door((event) => events.push(event))
  tell({ ...notice, message: 'GET failed: Authorization: Bearer abcdef123456', fields: { password: 'abcdef123456' } })
  t.notMatch(JSON.stringify([events.map((e) => e.message), lines()]), 'abcdef123456')
})

t.test('extra fields can not pose as the node, the repair or the message', async (t) => {
  const { tell, lines } = door()
  tell({ ...notice, fields: { node: 'other', message: 'other' } })
  t.match(lines()[0], { node: 'worker-1', message: 'needs a person' })
})

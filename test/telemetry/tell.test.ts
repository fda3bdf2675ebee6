import t from 'tap'
import { refsOf } from '../../src/core/model/object-ref.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { countSink, type EventSink, eventSink, logSink, type Sink } from '../../src/telemetry/sinks.ts'
import { createTell } from '../../src/telemetry/tell.ts'

function door(event?: EventSink, more: readonly Sink[] = []) {
  const lines: string[] = []
  const counted: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const metrics = { notice: (notice: Notice) => void counted.push(notice.reason) }
  const events = event === undefined ? [] : [eventSink(event)]
  const tell = createTell({ log, sinks: [...more, logSink(log), countSink(metrics), ...events] })
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

t.test('an object of a kind that telemetry does not know is named by its kind', async (t) => {
  const { tell, lines } = door()
  tell({ ...notice, regarding: [{ kind: 'Incident', name: 'inc-1' }] })
  t.match(lines()[0], { Incident: 'inc-1' })
})

t.test('a sink that throws or rejects is told in the log, and every other one hears the notice', async (t) => {
  for (const take of [() => Promise.reject(new Error('broken')), () => thrower(new Error('broken'))]) {
    const { tell, lines, counted } = door(undefined, [{ failure: 'ChatNotSent', take }])
    tell(notice)
    await new Promise(setImmediate)
    t.strictSame(counted, ['RepairParked'])
    t.match(
      lines().find(({ msg }) => msg === 'ChatNotSent'),
      { level: 'warn', reason: 'RepairParked', node: 'worker-1', error: { message: 'broken' } },
    )
  }
})

t.test(
  'a sink that hangs is told no more after a hundred notices, and hears again once it has come to an end',
  async (t) => {
    let heard = 0
    const ends: (() => void)[] = []
    const take = (): Promise<void> => {
      heard++
      return new Promise((resolve) => ends.push(resolve))
    }
    const { tell, lines, counted } = door(undefined, [{ failure: 'ChatNotSent', take }])
    for (let i = 0; i < 105; i++) tell(notice)
    t.equal(heard, 100)
    t.equal(counted.length, 105)
    t.equal(lines().filter(({ msg }) => msg === 'ChatNotSent').length, 5)
    for (const end of ends) end()
    await new Promise(setImmediate)
    tell(notice)
    t.equal(heard, 101)
  },
)

t.test('a log that can not be written stops neither the other sinks nor the one who tells', async (t) => {
  const broken = () => thrower(new Error('disk full'))
  const log = { debug: broken, info: broken, warn: broken, error: broken }
  const counted: string[] = []
  const tell = createTell({
    log,
    sinks: [logSink(log), countSink({ notice: ({ reason }) => void counted.push(reason) })],
  })
  tell(notice)
  t.strictSame(counted, ['RepairParked'])
})

function thrower(error: Error): never {
  throw error
}

t.test('counting by the real metrics is done at once, and nothing of it is told', async (t) => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const metrics = createMetrics(() => {
    throw new Error('not asked here')
  })
  createTell({ log, sinks: [countSink(metrics)] })(notice)
  t.same(lines, [])
  t.match(await metrics.registry.getSingleMetricAsString('heald_notices_total'), /RepairParked.* 1/)
})

t.test('what a sink returns that is no promise is nothing to wait for', async (t) => {
  const returned = [7, 'done', {}, null]
  const sink: Sink = { failure: 'NoticeNotTaken', take: (): void => returned.pop() as undefined }
  const { tell, lines } = door(undefined, [sink])
  for (let count = 0; count < 4; count++) tell(notice)
  t.same(returned, [])
  t.same(
    lines().map(({ msg }) => msg),
    ['RepairParked', 'RepairParked', 'RepairParked', 'RepairParked'],
  )
})

t.test('an event about no object hangs on the Node where heald runs, if that is known', async (t) => {
  const events: Notice[] = []
  const { regarding: _, ...about } = notice
  for (const own of [refsOf('master-1'), refsOf(undefined)]) {
    const sink = eventSink((event) => events.push(event), own)
    sink.take(about)
    sink.take(notice)
  }
  t.match(
    events.map(({ regarding }) => regarding?.map(({ name }) => name)),
    [['master-1'], ['worker-1', 'worker-1-abc-1'], ['worker-1', 'worker-1-abc-1']],
  )
})

import t from 'tap'
import { fingerprintOf } from '../../src/alert/fingerprint.ts'
import { parseMessage } from '../../src/alert/message.ts'

t.test("a fingerprint is Alertmanager's own", async (t) => {
  const labels = { alertname: 'Plain', instance: 'a', severity: 'warning' }
  t.equal(fingerprintOf(labels), 'dab513e33264892b')
  t.equal(fingerprintOf({ severity: 'warning', instance: 'b', alertname: 'Plain' }), 'd260dd79aa47b51e')
  t.match(parseMessage({ status: 'firing', alerts: [{ labels }] }).alerts, [{ fingerprint: 'dab513e33264892b' }])
  const given = { labels, fingerprint: 'given' }
  t.match(parseMessage({ status: 'firing', alerts: [given] }).alerts, [{ fingerprint: 'given' }])
})

t.test("an alert keeps its own status, and has the group's where it says none", async (t) => {
  const { alerts } = parseMessage({ status: 'firing', alerts: [{ status: 'resolved' }, { status: 'pending' }, {}] })
  t.same(
    alerts.map(({ status }) => status),
    ['resolved', 'firing', 'firing'],
  )
})

t.test('a message without alerts stands for one that has what is common to the group', async (t) => {
  const message = {
    status: 'resolved',
    commonLabels: { alertname: 'A' },
    commonAnnotations: { why: 'x' },
    alerts: null,
  }
  const [alert, ...more] = parseMessage(message).alerts
  t.match(alert, { status: 'resolved', labels: { alertname: 'A' }, annotations: { why: 'x' } })
  t.same(more, [])
})

t.test(
  "keys are read in any case, unknown ones passed over, and a label may be named as JavaScript's own",
  async (t) => {
    const text = '{"STATUS":"firing","orgId":1,"alerts":[{"EndsAt":"x","labels":{"__proto__":"a","constructor":"b"}}]}'
    const [alert] = parseMessage(JSON.parse(text)).alerts
    t.equal(alert?.endsAt, 'x')
    t.same(Object.entries(alert?.labels ?? {}), Object.entries(JSON.parse('{"__proto__":"a","constructor":"b"}')))
  },
)

t.test('what is no message is refused, with the place', async (t) => {
  const refused = (value: unknown, path: readonly (string | number)[]) => {
    try {
      parseMessage(value)
      t.fail(`${JSON.stringify(value)} is taken`)
    } catch (thrown) {
      t.match(thrown, { issues: [{ path }] }, JSON.stringify(value))
    }
  }
  refused([], [])
  refused('x', [])
  refused({}, ['status'])
  refused({ status: 'FIRING' }, ['status'])
  refused({ status: 'firing', version: 4 }, ['version'])
  refused({ status: 'firing', commonLabels: { a: 1 } }, ['commonLabels'])
  refused({ status: 'firing', alerts: [{ labels: ['a'] }] }, ['alerts', 0, 'labels'])
  refused({ status: 'firing', alerts: [{ startsAt: 5 }] }, ['alerts', 0, 'startsAt'])
})

import t from 'tap'
import { systemClock } from '../../../src/lib/clock.ts'
import {
  type Answer,
  bookmark,
  ends,
  event,
  listed,
  refuses,
  says,
  thing,
  until,
  watchScene,
} from '../../support/kube/watch-scene.ts'

t.test('429 is not asked again before its Retry-After is over', async (t) => {
  const done: string[] = []
  const clock = {
    ...systemClock,
    sleep: async (ms: number, signal: AbortSignal) => {
      if (ms !== 3_000) return systemClock.sleep(ms, signal)
      await systemClock.sleep(20, signal)
      done.push('slept 3 s')
    },
  }
  const busy = refuses(429, 'TooManyRequests', { 'retry-after': '3' })
  const again: Answer = (...args) => {
    done.push('asked again')
    listed(10, thing('a', 3))(...args)
  }
  const { told } = await watchScene(t, [busy, again], { clock })
  await until(() => told.length === 1)
  t.same(done, ['slept 3 s', 'asked again'])
})

t.test('failures in a row wait longer and longer, are warned of once, and the third lists anew', async (t) => {
  const down = refuses(503, 'ServiceUnavailable')
  const { asked, waits, log, told } = await watchScene(t, [
    listed(10, thing('a', 3)),
    ends(),
    down,
    down,
    listed(20, thing('a', 19)),
    says(bookmark(21)),
  ])
  await until(() => log.lines.some((line) => line.msg === 'watch is back'))
  t.same(waits, [0, 1, 2])
  t.same(
    log.lines.filter((line) => line.level !== 'debug').map((line) => [line.level, line.msg]),
    [
      ['warn', 'watch failed'],
      ['info', 'watch is back'],
    ],
  )
  t.ok(asked[4]?.has('sendInitialEvents'))
  t.same(told, ['a=3', 'a=19'])
})

t.test('garbage in the stream is survived, and what came before it stays', async (t) => {
  const { told, asked } = await watchScene(t, [
    listed(10, thing('a', 3)),
    says(event('ADDED', thing('b', 11)), 'no json at all\n'),
    says(event('WEIRD', thing('b', 12))),
    says('[]\n'),
    listed(30, thing('a', 3), thing('b', 11), thing('c', 20)),
  ])
  await until(() => told.length === 3)
  t.same(told, ['a=3', 'b=11', 'c=20'])
  t.equal(asked[2]?.get('resourceVersion'), '11')
})

t.test(
  'a malformed object is skipped with a warning that names it, and its last good copy stays through a list',
  async (t) => {
    const broken = { metadata: { name: 'a', resourceVersion: '11' } }
    const { told, log, watched } = await watchScene(t, [
      listed(10, thing('a', 3), thing('b', 4, 'throw')),
      says(event('MODIFIED', broken), event('ERROR', { code: 410 })),
      listed(20, broken, thing('c', 15)),
    ])
    await until(() => told.includes('c=15'))
    t.same(told, ['a=3', 'c=15'])
    t.ok(watched.items.has('a'))
    const warned = log.lines.filter((line) => line.msg === 'malformed object skipped')
    t.match(warned, [
      { fields: { object: 'b', why: 'absurd' } },
      { fields: { object: 'a' } },
      { fields: { object: 'a' } },
    ])
  },
)

t.test('a listener that throws does not end the watch for the others', async (t) => {
  const { watched, told, log } = await watchScene(t, [listed(10, thing('a', 3)), says(event('ADDED', thing('b', 11)))])
  watched.onChange(() => {
    throw new Error('bug')
  })
  await until(() => told.length === 2)
  t.ok(log.lines.some((line) => line.level === 'error' && line.msg === 'listener failed'))
})

t.test(
  'a silent watch is given up and taken up again where it was, and does not count as seen meanwhile',
  async (t) => {
    const { asked, watched, log } = await watchScene(t, [listed(10), says(bookmark(12)), says()], { inactivityMs: 40 })
    await until(() => asked.length === 2)
    const before = watched.seenAt
    await until(() => asked.length === 3)
    t.equal(asked[2]?.get('resourceVersion'), '12')
    t.match(log.lines[0], { level: 'warn', msg: 'watch failed', fields: { error: /silent for 40 ms/ } })
    t.ok((before ?? 0) <= (watched.seenAt ?? 0))
  },
)

t.test('a server that does not even send headers is given up too', async (t) => {
  const { told } = await watchScene(t, [() => undefined, () => undefined, listed(10, thing('a', 3))], {
    inactivityMs: 30,
  })
  await until(() => told.length === 1)
  t.same(told, ['a=3'])
})

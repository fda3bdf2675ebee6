import t from 'tap'
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
import { json } from '../../support/serve.ts'

t.test(
  'a streamed list is followed by a watch from its end, and each change is told with what was before',
  async (t) => {
    const { watched, asked, told } = await watchScene(t, [
      listed(10, thing('a', 3), thing('b', 4)),
      says(event('MODIFIED', thing('a', 11)), event('DELETED', thing('b', 12, 4)), event('ADDED', thing('c', 13))),
    ])
    t.equal(watched.seenAt, undefined)
    await until(() => told.length === 5)
    t.same(told, ['a=3', 'b=4', 'a=11', 'b gone', 'c=13'])
    t.same([...watched.items.keys()], ['a', 'c'])
    t.match(Object.fromEntries(asked[0] ?? []), { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' })
    t.match(Object.fromEntries(asked[1] ?? []), { watch: 'true', resourceVersion: '10', allowWatchBookmarks: 'true' })
    t.type(watched.seenAt, 'number')
  },
)

t.test('a copy that is not complete yet has not been seen', async (t) => {
  const { watched, told } = await watchScene(t, [says(event('ADDED', thing('a', 3)))])
  await until(() => told.length === 1)
  t.equal(watched.seenAt, undefined)
})

t.test('a server that refuses streamed lists is asked for pages', async (t) => {
  for (const status of [400, 422]) {
    const { told, asked } = await watchScene(t, [
      refuses(status, 'Invalid'),
      (_query, response) =>
        json(response, 200, { metadata: { resourceVersion: '9', continue: 'next' }, items: [thing('a', 3)] }),
      (_query, response) => json(response, 200, { items: [thing('b', 4)], metadata: { resourceVersion: '9' } }),
      says(event('MODIFIED', thing('b', 10))),
    ])
    await until(() => told.length === 3)
    t.same(told, ['a=3', 'b=4', 'b=10'])
    t.equal(asked[1]?.get('limit'), '500')
    t.equal(asked[2]?.get('continue'), 'next')
    t.equal(asked[3]?.get('resourceVersion'), '9')
  }
})

t.test('a list that fails half-way removes nothing, and the next one is asked for in pages', async (t) => {
  const { watched, told, asked } = await watchScene(t, [
    listed(10, thing('a', 3), thing('b', 4)),
    refuses(410, 'Expired'),
    ends(event('ADDED', thing('a', 3))),
    (_query, response) => json(response, 200, { metadata: { resourceVersion: '20' }, items: [thing('a', 3)] }),
  ])
  await until(() => asked.length === 5)
  t.same(told, ['a=3', 'b=4', 'b gone'])
  t.same([...watched.items.keys()], ['a'])
  t.ok(asked[2]?.has('sendInitialEvents'))
  t.ok(asked[3]?.has('limit'))
})

t.test(
  '410 as a status or as an event lists anew: what is missing is gone, what is unchanged is not told',
  async (t) => {
    for (const expired of [
      refuses(410, 'Expired'),
      says(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired' })),
    ]) {
      const { told } = await watchScene(t, [
        listed(10, thing('a', 3), thing('b', 4), thing('c', 5)),
        expired,
        listed(50, thing('a', 3), thing('b', 40)),
      ])
      await until(() => told.includes('c gone'))
      t.same(told, ['a=3', 'b=4', 'c=5', 'b=40', 'c gone'])
    }
  },
)

t.test('a watch that ends goes on where it ended, without a list and without a wait', async (t) => {
  const { asked, waits } = await watchScene(t, [listed(10), ends(event('ADDED', thing('a', 11)), bookmark(15)), says()])
  await until(() => asked.length === 3)
  t.equal(asked[2]?.get('resourceVersion'), '15')
  t.same(waits, [])
})

t.test('a folded write wins over older events and loses to newer ones', async (t) => {
  let say: (text: string) => void = () => undefined
  const { watched, told, asked } = await watchScene(t, [
    listed(10, thing('a', 3)),
    (_query, response) => {
      response.writeHead(200).flushHeaders()
      say = (text) => response.write(text)
    },
  ])
  await until(() => asked.length === 2)
  watched.applyWrite('a', { resourceVersion: '100', value: 'ours' })
  watched.applyWrite('a', { resourceVersion: '99', value: 'late' })
  say(
    event('MODIFIED', thing('a', 12)) + event('MODIFIED', thing('a', 100, 'same')) + event('MODIFIED', thing('a', 101)),
  )
  await until(() => told.includes('a=101'))
  t.same(told, ['a=3', 'a=ours', 'a=101'])
})

t.test('what we deleted does not come back by events of the time before', async (t) => {
  let say: (text: string) => void = () => undefined
  const { watched, told, asked } = await watchScene(t, [
    listed(10, thing('a', 3)),
    (_query, response) => {
      response.writeHead(200).flushHeaders()
      say = (text) => response.write(text)
    },
  ])
  await until(() => asked.length === 2)
  watched.applyWrite('a', undefined)
  say(event('MODIFIED', thing('a', 12)) + event('DELETED', thing('a', 13)) + event('ADDED', thing('a', 14)))
  await until(() => told.includes('a=14'))
  t.same(told, ['a=3', 'a gone', 'a=14'])
})

t.test('after etcd was restored from a backup, a list with lower versions is believed', async (t) => {
  const { told } = await watchScene(t, [
    listed(1000, thing('a', 900)),
    refuses(410, 'Expired'),
    listed(500, thing('a', 400)),
    says(event('MODIFIED', thing('a', 501))),
  ])
  await until(() => told.length === 3)
  t.same(told, ['a=900', 'a=400', 'a=501'])
})

t.test('a lower version in a watch is of a state that was set back: it lists anew, and says so', async (t) => {
  for (const said of [bookmark(500), event('MODIFIED', thing('b', 501))]) {
    const { watched, told, asked } = await watchScene(t, [
      listed(1000, thing('a', 900)),
      says(said),
      listed(500, thing('a', 400)),
      says(event('MODIFIED', thing('a', 502))),
    ])
    await until(() => told.length === 3)
    t.same(told, ['a=900', 'a=400', 'a=502'])
    t.ok(asked[2]?.has('sendInitialEvents'))
    t.equal(watched.rewinds, 1)
  }
})

t.test('a watch that hears nothing at all asks whether its version is still to come', async (t) => {
  const silent: Answer = (_query, response) => {
    response.writeHead(200).flushHeaders()
    setTimeout(() => response.end(), 1_050)
  }
  const now = (version: number): Answer => {
    return (_query, response) => json(response, 200, { metadata: { resourceVersion: String(version) }, items: [] })
  }
  const { watched, told, asked } = await watchScene(t, [
    listed(1000, thing('a', 900)),
    silent,
    now(1000),
    silent,
    now(500),
    listed(500, thing('a', 400)),
  ])
  await until(() => told.length === 2)
  t.same(told, ['a=900', 'a=400'])
  t.equal(asked[2]?.get('limit'), '1')
  t.equal(asked[3]?.get('resourceVersion'), '1000', 'where nothing was set back it goes on')
  t.equal(watched.rewinds, 1)
})

import t, { type Test } from 'tap'
import { type EmbeddedApi, type EmbeddedApiOptions, startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { createStore } from '../../../src/simulator/api/store/store.ts'
import { type Client, createClient, MAPS } from '../../contract/kube-api-client.ts'

async function start(t: Test, options?: EmbeddedApiOptions): Promise<{ api: EmbeddedApi; client: Client }> {
  const api = await startEmbeddedApi(options)
  const client = createClient({ url: api.url, compact: async () => undefined })
  t.teardown(async () => {
    client.close()
    await api.stop()
  })
  return { api, client }
}

t.test('a restart with the same store on the same port keeps every object', async (t) => {
  const store = createStore()
  const first = await startEmbeddedApi({ store })
  first.call('POST', MAPS, { metadata: { name: 'kept' } })
  await first.stop()
  const { api, client } = await start(t, { store, port: Number(new URL(first.url).port) })
  t.equal(api.url, first.url)
  t.match(await client.send('GET', `${MAPS}/kept`), { status: 200 })
})

t.test('a dropped request is not carried out, a dropped reply was', async (t) => {
  const { api, client } = await start(t)
  api.setFaults(({ method }) => (method === 'POST' ? { kind: 'drop' } : undefined))
  await t.rejects(client.send('POST', MAPS, { metadata: { name: 'a' } }), { code: 'ECONNRESET' })
  t.match(await client.send('GET', `${MAPS}/a`), { status: 404 })
  api.setFaults(({ method }) => (method === 'POST' ? { kind: 'dropReply' } : undefined))
  await t.rejects(client.send('POST', MAPS, { metadata: { name: 'a' } }), { code: 'ECONNRESET' })
  t.match(await client.send('GET', `${MAPS}/a`), { status: 200 })
})

t.test('an injected refusal looks like one of Kubernetes', async (t) => {
  const { api, client } = await start(t)
  api.setFaults(() => ({ kind: 'answer', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 3 }))
  const reply = await client.send('GET', MAPS)
  t.match(reply, { status: 429, headers: { 'retry-after': '3' }, body: { kind: 'Status', reason: 'TooManyRequests' } })
})

t.test('a silenced watch stays open and loses what happens meanwhile', async (t) => {
  const { api, client } = await start(t)
  const watch = client.watch(`${MAPS}?watch=true`)
  const first = watch.next()
  api.call('POST', MAPS, { metadata: { name: 'seen' } })
  t.match((await first).value, { object: { metadata: { name: 'seen' } } })
  api.silenceWatches(true)
  api.call('POST', MAPS, { metadata: { name: 'lost' } })
  api.silenceWatches(false)
  api.call('POST', MAPS, { metadata: { name: 'later' } })
  t.match((await watch.next()).value, { object: { metadata: { name: 'later' } } })
  api.closeWatches()
  t.equal((await watch.next()).done, true)
})

t.test('a watch from before the window of kept changes is Expired', async (t) => {
  const { api, client } = await start(t, { store: createStore({ windowSize: 2 }) })
  const from = api.store.version()
  for (const n of [1, 2, 3, 4, 5]) api.call('POST', MAPS, { metadata: { name: `m-${n}` } })
  const event = await client.watch(`${MAPS}?watch=true&resourceVersion=${from}`).next()
  t.match(event.value, { type: 'ERROR', object: { code: 410, reason: 'Expired' } })
})

t.test('without their CRD there are no NodeRepairs', async (t) => {
  const { client } = await start(t)
  const repairs = '/apis/heald.dev/v1alpha1/noderepairs'
  t.match(await client.send('GET', repairs), { status: 200 })
  await client.must('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/noderepairs.heald.dev')
  t.match(await client.send('GET', repairs), { status: 404 })
})

t.test('bookmarks come by the clock that was handed in, and carry the newest version', async (t) => {
  const { api, client } = await start(t, { bookmarkMs: 5 })
  const watch = client.watch(`${MAPS}?watch=true&allowWatchBookmarks=true&resourceVersion=${api.store.version()}`)
  api.call('POST', '/api/v1/nodes', { metadata: { name: 'n' } })
  const { value } = await watch.next()
  t.match(value, { type: 'BOOKMARK', object: { kind: 'ConfigMap' } })
  await watch.return()
})

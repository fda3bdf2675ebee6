import type { Test } from 'tap'
import { type Client, MAPS, MERGE, unique, type WatchEvent } from './kube-api-client.ts'

export function watchContract(t: Test, api: Client, compact: () => Promise<void>): void {
  t.test('a watch from a list sees every later change, once and in order', async (t) => {
    const app = unique('watch')
    const labels = { app, tier: 'a' }
    await api.must('POST', MAPS, { metadata: { name: `${app}-0`, labels } })
    const selector = `labelSelector=${encodeURIComponent(`app=${app},tier=a`)}`
    const { resourceVersion } = (await api.must('GET', `${MAPS}?${selector}`)).metadata
    const seen = collect(
      api.watch(`${MAPS}?watch=true&${selector}&resourceVersion=${resourceVersion}&timeoutSeconds=20`),
      5,
    )
    await api.must('POST', MAPS, { metadata: { name: `${app}-1`, labels } })
    await api.must('PATCH', `${MAPS}/${app}-1`, { data: { a: '1' } }, MERGE)
    await api.must('POST', MAPS, { metadata: { name: `${app}-unseen`, labels: { app: 'other' } } })
    await api.must('PATCH', `${MAPS}/${app}-1`, { metadata: { labels: { tier: 'b' } } }, MERGE)
    await api.must('PATCH', `${MAPS}/${app}-1`, { metadata: { labels: { tier: 'a' } } }, MERGE)
    await api.must('DELETE', `${MAPS}/${app}-1`)
    const events = await seen
    t.strictSame(
      events.map(({ type, object }) => `${type} ${object.metadata.name}`),
      ['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED'].map((type) => `${type} ${app}-1`),
    )
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion))
    t.strictSame(
      versions,
      [...versions].sort((a, b) => a - b),
      'a deletion carries its own version',
    )
    t.match(events[0]?.object, { kind: 'ConfigMap', apiVersion: 'v1' })
  })

  t.test('a streaming list gives all there is, then a bookmark that ends it, then changes', async (t) => {
    const app = unique('stream')
    for (const n of [1, 2]) await api.must('POST', MAPS, { metadata: { name: `${app}-${n}`, labels: { app } } })
    const query = `watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=app%3D${app}&timeoutSeconds=20`
    const watch = api.watch(`${MAPS}?${query}`)
    const initial = await collect(watch, 3, { keepOpen: true })
    t.strictSame(
      initial.map((event) => event.type),
      ['ADDED', 'ADDED', 'BOOKMARK'],
    )
    t.strictSame(initial[2]?.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
    t.match(initial[2]?.object.metadata.resourceVersion, /^\d+$/)
    await api.must('PATCH', `${MAPS}/${app}-1`, { data: { a: '1' } }, MERGE)
    const [change] = await collect(watch, 1)
    t.match(change, { type: 'MODIFIED', object: { metadata: { name: `${app}-1` }, data: { a: '1' } } })
  })

  t.test('a watch from a version that is forgotten ends with Expired', async (t) => {
    const { resourceVersion } = (await api.must('POST', MAPS, { metadata: { name: unique('old') } })).metadata
    await api.must('POST', MAPS, { metadata: { name: unique('old') } })
    await compact()
    const watch = api.watch(`${MAPS}?watch=true&resourceVersion=${resourceVersion}&timeoutSeconds=20`)
    const [event] = await collect(watch, 1)
    t.match(event, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })
  })

  t.test('a watch without a version starts with what there is', async (t) => {
    const app = unique('zero')
    await api.must('POST', MAPS, { metadata: { name: app, labels: { app } } })
    for (const version of ['', '&resourceVersion=0']) {
      const [event] = await collect(
        api.watch(`${MAPS}?watch=true&labelSelector=app%3D${app}${version}&timeoutSeconds=20`),
        1,
      )
      t.match(event, { type: 'ADDED', object: { metadata: { name: app } } })
    }
  })

  t.test('timeoutSeconds ends a watch in good order', async (t) => {
    const events = await collect(api.watch(`${MAPS}?watch=true&labelSelector=app%3Dnobody&timeoutSeconds=1`), 10)
    t.strictSame(events, [])
  })

  t.test('parameters that contradict each other are refused', async (t) => {
    const refusal = { status: 422, body: { reason: 'Invalid' } }
    t.match(await api.send('GET', `${MAPS}?watch=true&sendInitialEvents=true&timeoutSeconds=1`), refusal)
    t.match(
      await api.send('GET', `${MAPS}?watch=true&resourceVersionMatch=NotOlderThan&resourceVersion=0&timeoutSeconds=1`),
      refusal,
    )
  })
}

/** The first `count` events, fewer when the watch ends before. Ends the watch unless told to keep it open. */
async function collect(
  watch: AsyncGenerator<WatchEvent, void>,
  count: number,
  { keepOpen = false } = {},
): Promise<readonly WatchEvent[]> {
  const events: WatchEvent[] = []
  while (events.length < count) {
    const next = await watch.next()
    if (next.done) break
    events.push(next.value)
  }
  if (!keepOpen) await watch.return()
  return events
}

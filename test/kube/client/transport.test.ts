import { getEventListeners } from 'node:events'
import t from 'tap'
import type { Clock } from '../../../src/core/ports/clock.ts'
import type { TlsOptions } from '../../../src/kube/client/credentials.ts'
import type { KubeError } from '../../../src/kube/client/http.ts'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { CLOSED, credentials, failure, SECRET } from '../../support/kube/credentials.ts'
import { json, serve } from '../../support/serve.ts'

const signal = new AbortController().signal

t.test('a request carries token, query, body and content type, and its JSON answer comes back parsed', async (t) => {
  const url = await serve(t, async (request, response) => {
    const body = (await request.toArray()).join('')
    const { authorization, 'content-type': type } = request.headers
    json(response, 200, { method: request.method, url: request.url, authorization, type, body })
  })
  const http = createTransport(credentials([url]), systemClock)
  const answer = await http.request(
    {
      method: 'PATCH',
      path: '/api/v1/nodes/a',
      query: { fieldManager: 'heald', dryRun: true },
      body: { a: 1 },
      contentType: 'application/merge-patch+json',
    },
    signal,
  )
  t.same(answer, {
    method: 'PATCH',
    url: '/api/v1/nodes/a?fieldManager=heald&dryRun=true',
    authorization: `Bearer ${SECRET}`,
    type: 'application/merge-patch+json',
    body: '{"a":1}',
  })
  t.match(await http.request({ method: 'DELETE', path: '/x' }, signal), { method: 'DELETE', body: '' })
})

t.test('a refusal becomes a KubeError with the reason of the Status and its Retry-After', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/busy') {
      json(response, 429, { kind: 'Status', reason: 'TooManyRequests', message: 'slow down' }, { 'retry-after': '7' })
    } else if (request.url === '/html') {
      response.writeHead(502).end('<html>bad gateway</html>')
    } else if (request.url === '/moved') {
      response.writeHead(302, { location: '/busy' }).end()
    } else {
      json(response, 409, { kind: 'Status', reason: 'Conflict', message: 'stale', details: { retryAfterSeconds: 2 } })
    }
  })
  const http = createTransport(credentials([url]), systemClock)
  const ask = (path: string): Promise<KubeError> => failure(http.request({ method: 'GET', path }, signal))
  t.match(await ask('/busy'), { status: 429, reason: 'TooManyRequests', retryAfterMs: 7_000 })
  t.match(await ask('/stale'), {
    status: 409,
    reason: 'Conflict',
    retryAfterMs: 2_000,
    message: /GET \/stale: 409 Conflict: stale/,
  })
  t.match(await ask('/html'), { status: 502, reason: 'InternalError', message: /bad gateway/ })
  t.match(await ask('/moved'), { status: 302, reason: 'Refused' })
  t.match(await failure(http.stream({ method: 'GET', path: '/busy' }, signal)), { status: 429, retryAfterMs: 7_000 })
})

t.test(
  'a host that can not be reached is passed over, and the one that answered is asked first from then on',
  async (t) => {
    let asked = 0
    const url = await serve(t, (_request, response) => {
      asked++
      json(response, 200, {})
    })
    const seen: string[] = []
    const tls: TlsOptions = { rejectUnauthorized: true }
    const http = createTransport(
      credentials([CLOSED, url], {
        tls: async (host) => {
          seen.push(host)
          return tls
        },
      }),
      systemClock,
    )
    await http.request({ method: 'POST', path: '/', body: {} }, signal)
    t.same(seen, [CLOSED, url])
    await http.request({ method: 'GET', path: '/' }, signal)
    t.same(seen, [CLOSED, url, url])
    t.equal(asked, 2)
  },
)

t.test(
  'a request that may have arrived is never sent a second time, but the next one goes to the next host',
  async (t) => {
    let writes = 0
    const broken = await serve(t, (request) => {
      writes++
      request.socket.destroy()
    })
    const sound = await serve(t, (_request, response) => json(response, 200, { from: 'sound' }))
    const http = createTransport(credentials([broken, sound]), systemClock)
    t.match(await failure(http.request({ method: 'POST', path: '/', body: {} }, signal)), { status: 0 })
    t.equal(writes, 1)
    t.same(await http.request({ method: 'GET', path: '/' }, signal), { from: 'sound' })
  },
)

t.test('a server that answers 5xx keeps its answer, and the next request goes to the next host', async (t) => {
  const sick = await serve(t, (_request, response) => json(response, 503, { kind: 'Status', message: 'etcd' }))
  const sound = await serve(t, (_request, response) => json(response, 200, { from: 'sound' }))
  const http = createTransport(credentials([sick, sound]), systemClock)
  t.match(await failure(http.request({ method: 'GET', path: '/' }, signal)), { status: 503 })
  t.equal(http.contact.lastAnswerAt(), undefined)
  t.same(await http.request({ method: 'GET', path: '/' }, signal), { from: 'sound' })
})

t.test('when no host can be reached, the error names each of them', async (t) => {
  const http = createTransport(credentials([CLOSED, 'http://127.0.0.1:2']), systemClock)
  const error = await failure(http.request({ method: 'GET', path: '/' }, signal))
  t.match(error, { status: 0, reason: 'NoAnswer', message: /127\.0\.0\.1:1.*127\.0\.0\.1:2/ })
})

t.test('requests share connections, and leave no listener on a long-lived signal', async (t) => {
  let connections = 0
  const url = await serve(t, (request, response) => {
    if (!('known' in request.socket)) connections++
    Object.assign(request.socket, { known: true })
    json(response, 200, {})
  })
  const http = createTransport(credentials([url]), systemClock)
  const { signal } = new AbortController()
  for (let n = 0; n < 20; n++) await http.request({ method: 'GET', path: '/' }, signal)
  t.equal(connections, 1)
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('an abort rejects with its own reason, in a request and in the middle of a stream', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/stream') response.writeHead(200).write('first')
  })
  const http = createTransport(credentials([url]), systemClock)
  const one = new AbortController()
  const reason = new Error('lost the lease')
  const waiting = http.request({ method: 'GET', path: '/hang' }, one.signal)
  setTimeout(() => one.abort(reason), 20)
  await t.rejects(waiting, reason)
  const two = new AbortController()
  const stream = await http.stream({ method: 'GET', path: '/stream' }, two.signal)
  const read = async (): Promise<void> => {
    for await (const chunk of stream) {
      t.equal(chunk.toString(), 'first')
      two.abort(reason)
    }
  }
  await t.rejects(read(), reason)
})

t.test('an answer that does not come in time is NoAnswer, and so is a stream that breaks off', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url !== '/breaks') return
    response.writeHead(200, { 'content-length': '100' }).write('first')
    setTimeout(() => request.socket.destroy(), 10)
  })
  const http = createTransport(credentials([url]), systemClock)
  const late = http.request({ method: 'GET', path: '/hang', timeoutMs: 30 }, signal)
  t.match(await failure(late), { status: 0, reason: 'NoAnswer' })
  const stream = await http.stream({ method: 'GET', path: '/breaks' }, signal)
  const read = async (): Promise<void> => {
    for await (const _ of stream);
  }
  t.match(await failure(read()), { status: 0, reason: 'NoAnswer' })
})

t.test('every answer teaches the calendar of the API server, and how far our wall clock is off', async (t) => {
  const date = Date.UTC(2026, 10, 21, 8)
  const url = await serve(t, (_request, response) => json(response, 200, {}, { date: new Date(date).toUTCString() }))
  let now = 1_000
  const clock: Clock = { now: () => now, wall: () => date + 90_000 + now, sleep: systemClock.sleep }
  const { contact, request } = createTransport(credentials([url]), clock)
  t.equal(contact.lastAnswerAt(), undefined)
  t.equal(contact.calendar(), clock.wall())
  t.equal(contact.skewMs(), 0)
  await request({ method: 'GET', path: '/' }, signal)
  now += 5_000
  t.equal(contact.lastAnswerAt(), 1_000)
  t.equal(contact.calendar(), date + 500 + 5_000)
  t.equal(contact.skewMs(), 90_000 + 1_000 - 500)
})

t.test('an answer that is not the JSON it claims to be is a BadAnswer that quotes nothing', async (t) => {
  const url = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"token": secret')
  })
  const error = await failure(
    createTransport(credentials([url]), systemClock).request({ method: 'GET', path: '/' }, signal),
  )
  t.match(error, { status: 200, reason: 'BadAnswer' })
  t.notMatch(error.message, 'secret')
})

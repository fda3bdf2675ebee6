import { inspect } from 'node:util'
import t from 'tap'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createCertificate } from '../../support/kube/certificate.ts'
import { CLOSED, credentials, failure, SECRET } from '../../support/kube/credentials.ts'
import { json, serve } from '../../support/serve.ts'

const signal = new AbortController().signal

t.test('nothing that is thrown holds the token', async (t) => {
  const url = await serve(t, (request, response) => {
    if (request.url === '/echo') json(response, 200, {}, { date: 'x' })
    request.socket.destroy()
  })
  const http = createTransport(credentials([url]), systemClock)
  for (const path of ['/a', '/b']) {
    const error = await failure(http.request({ method: 'GET', path }, signal))
    t.match(error, { status: 0, reason: 'NoAnswer' })
    t.notMatch(inspect(error, { depth: 12, showHidden: true }), SECRET)
  }
  const refused = await failure(
    createTransport(credentials([CLOSED]), systemClock).request({ method: 'GET', path: '/' }, signal),
  )
  t.match(refused.message, /ECONNREFUSED/)
  t.notMatch(inspect(refused, { depth: 12, showHidden: true }), SECRET)
})

t.test('after a 401 the credentials are read again, and tried once if they changed', async (t) => {
  const seen: (string | undefined)[] = []
  const url = await serve(t, (request, response) => {
    seen.push(request.headers.authorization)
    const fresh = request.headers.authorization === 'Bearer new'
    json(response, fresh ? 200 : 401, { kind: 'Status' })
  })
  let token = 'old'
  const rotating = credentials([url], {
    headers: async () => ({ authorization: `Bearer ${token}` }),
    refresh: () => {
      token = 'new'
    },
  })
  await createTransport(rotating, systemClock).request({ method: 'POST', path: '/', body: {} }, signal)
  t.same(seen.splice(0), ['Bearer old', 'Bearer new'])
  const stuck = createTransport(credentials([url]), systemClock)
  t.match(await failure(stuck.request({ method: 'GET', path: '/' }, signal)), { status: 401, reason: 'Unauthorized' })
  t.equal(seen.length, 1)
})

t.test(
  'a certificate of another authority is refused before anything is sent, and a rotated authority is picked up',
  async (t) => {
    const [mine, other] = [createCertificate('IP:127.0.0.1'), createCertificate('IP:127.0.0.1')]
    let requests = 0
    const url = await serve(
      t,
      (_request, response) => {
        requests++
        json(response, 200, { ok: true })
      },
      mine,
    )
    const wrong = { ca: other.cert, rejectUnauthorized: true }
    const stuck = createTransport(credentials([url], { tls: async () => wrong }), systemClock)
    t.match(await failure(stuck.request({ method: 'GET', path: '/' }, signal)), { status: 0, reason: 'NoAnswer' })
    t.equal(requests, 0)
    let tls = wrong
    const rotated = credentials([url], {
      tls: async () => tls,
      refresh: () => {
        tls = { ca: mine.cert, rejectUnauthorized: true }
      },
    })
    t.same(await createTransport(rotated, systemClock).request({ method: 'GET', path: '/' }, signal), { ok: true })
  },
)

t.test('a proxy of the environment is not used', async (t) => {
  const url = await serve(t, (_request, response) => json(response, 200, {}))
  const before = { ...process.env }
  t.teardown(() => {
    process.env = before
  })
  process.env.HTTP_PROXY = CLOSED
  process.env.HTTPS_PROXY = CLOSED
  t.ok(await createTransport(credentials([url]), systemClock).request({ method: 'GET', path: '/' }, signal))
})

t.test('a token never goes in clear text to an address that may be another machine', async (t) => {
  const url = await serve(t, (request, response) => json(response, 200, { sent: request.headers.authorization ?? '' }))
  const elsewhere = url.replace('127.0.0.1', '0.0.0.0')
  const ask = (host: string): Promise<unknown> =>
    createTransport(credentials([host]), systemClock).request({ method: 'GET', path: '/' }, signal)
  t.same(await ask(url), { sent: `Bearer ${SECRET}` })
  t.same(await ask(elsewhere), { sent: '' })
})

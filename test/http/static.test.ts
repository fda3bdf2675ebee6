import t from 'tap'
import { staticRoutes } from '../../src/http/static.ts'
import { testDoor } from '../support/http/door.ts'

const FILES = new Map([
  ['/', { body: '<h1>heald</h1>' }],
  ['/index.html', { body: '<h1>heald</h1>' }],
  ['/app-abc.js', { body: 'go()', immutable: true }],
  ['/logo.png', { body: new Uint8Array([1, 2, 3]) }],
])
const CSP = { 'content-security-policy': "default-src 'none'" }

t.test('a file has its type, an etag, how long it may be kept, and the headers of all', async (t) => {
  const { url } = await testDoor(t, staticRoutes(FILES, CSP))
  const page = await fetch(`${url}/index.html`)
  t.equal(await page.text(), '<h1>heald</h1>')
  t.match(Object.fromEntries(page.headers), {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    etag: /^"[\w-]{22}"$/,
    ...CSP,
  })
  const script = await fetch(`${url}/app-abc.js`)
  t.match(Object.fromEntries(script.headers), {
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
  })
  const logo = await fetch(`${url}/logo.png`)
  t.same(new Uint8Array(await logo.arrayBuffer()), new Uint8Array([1, 2, 3]))
})

t.test('who has it already gets a 304 without a body, and HEAD the length alone', async (t) => {
  const { url } = await testDoor(t, staticRoutes(FILES))
  const etag = (await fetch(`${url}/index.html`)).headers.get('etag') ?? ''
  for (const known of [etag, `"old", W/${etag}`, '*']) {
    const response = await fetch(`${url}/index.html`, { headers: { 'if-none-match': known } })
    t.same([response.status, await response.text(), response.headers.get('etag')], [304, '', etag], known)
  }
  t.equal((await fetch(`${url}/index.html`, { headers: { 'if-none-match': '"old"' } })).status, 200)
  const head = await fetch(`${url}/index.html`, { method: 'HEAD' })
  t.same([head.status, head.headers.get('content-length'), await head.text()], [200, '14', ''])
})

t.test('no spelling of a path reaches what is not in the map', async (t) => {
  const { raw } = await testDoor(t, staticRoutes(FILES))
  const paths = ['/../index.html', '/./index.html', '/%2e%2e/index.html', '/..%2findex.html', '/index.html%00', '//']
  for (const path of [...paths, '/index.html/', '/etc/passwd', '/constructor', '/index%2ehtml', '\\index.html']) {
    const heard = await raw([`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`])
    t.match(heard, /^HTTP\/1\.1 40[04] /, path)
  }
})

import t from 'tap'
import { nameOfProxy, parseProxy, proxyOfEnvironment } from '../../../src/lib/proxy/choose.ts'

type Env = Readonly<Record<string, string>>

function proxyFor(env: Env, target: string): string | undefined {
  return proxyOfEnvironment(env)(new URL(target))?.href
}

t.test('each scheme has its own variable, upper case first, and http is meant where no scheme stands', async (t) => {
  const env = { HTTPS_PROXY: 'http://tls:3128', https_proxy: 'http://other:1', http_proxy: 'plain:3128' }
  t.equal(proxyFor(env, 'https://cloud.example/v3'), 'http://tls:3128/')
  t.equal(proxyFor(env, 'http://cloud.example/v3'), 'http://plain:3128/')
  t.equal(proxyFor({ HTTPS_PROXY: ' ' }, 'https://cloud.example'), undefined)
  t.equal(proxyFor({ HTTPS_PROXY: 'socks5://s:1080' }, 'https://cloud.example'), 'socks5://s:1080')
  const cgi = { HTTP_PROXY: 'http://evil:1', REQUEST_METHOD: 'GET' }
  t.equal(proxyFor(cgi, 'http://cloud.example'), undefined, 'a CGI header is no setting')
})

t.test('NO_PROXY names hosts, domains, addresses, networks and ports', async (t) => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['*', 'https://cloud.example', true],
    ['cloud.example', 'https://cloud.example', true],
    ['cloud.example', 'https://api.cloud.example', true],
    ['cloud.example', 'https://mycloud.example', false],
    ['.cloud.example', 'https://api.cloud.example', true],
    ['.cloud.example', 'https://cloud.example', false],
    ['*.cloud.example', 'https://a.b.cloud.example', true],
    ['CLOUD.example', 'https://cloud.EXAMPLE.', true],
    ['cloud.example:5000', 'https://cloud.example:5000', true],
    ['cloud.example:5000', 'https://cloud.example', false],
    ['cloud.example:443', 'https://cloud.example', true],
    ['10.0.0.1', 'https://10.0.0.1', true],
    ['10.0.0.0/8', 'https://10.200.3.4:8774', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.0/8', 'https://ten.example', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['fd00::/8', 'https://10.0.0.1', false],
    ['[fd12::1]:5000', 'https://[fd12::1]:5000', true],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    [' a.example , ,b.example ', 'https://b.example', true],
    ['', 'https://b.example', false],
  ]
  for (const [NO_PROXY, target, exempt] of rows) {
    const env = { HTTPS_PROXY: 'http://p:1', NO_PROXY }
    t.equal(proxyFor(env, target) === undefined, exempt, `${NO_PROXY} and ${target}`)
    t.equal(proxyFor({ HTTPS_PROXY: 'http://p:1', no_proxy: NO_PROXY }, target) === undefined, exempt)
  }
})

t.test('loopback is never proxied', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']) {
    t.equal(proxyFor({ HTTPS_PROXY: 'http://p:1' }, `https://${host}:5000`), undefined, host)
  }
})

t.test('a proxy that can not be read is an error rather than a way round it, and is not repeated', async (t) => {
  for (const HTTPS_PROXY of ['ftp://u:zebra77@p', 'http://', 'ht tp://u:zebra77@p']) {
    t.throws(
      () => proxyFor({ HTTPS_PROXY }, 'https://cloud.example'),
      /^HTTPS_PROXY is not a proxy's address(?!.*zebra)/,
    )
    t.equal(proxyFor({ HTTPS_PROXY, NO_PROXY: '*' }, 'https://cloud.example'), undefined)
  }
})

t.test('a name for people has no credentials', async (t) => {
  t.equal(nameOfProxy(parseProxy('http://u:zebra77@p:3128')!), 'http://p:3128')
})

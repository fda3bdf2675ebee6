import fc from 'fast-check'
import { pino } from 'pino'
import t from 'tap'
import { ProviderError } from '../../src/core/ports/cloud-provider.ts'
import { createLog } from '../../src/telemetry/log.ts'

function capture(level: 'debug' | 'info' = 'debug') {
  const lines: string[] = []
  const log = createLog({ level, destination: { write: (line) => void lines.push(line) }, base: { node: 'm1' } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') }
}

t.test('a line is one JSON object with a level in words, a time, the fields and the message', async (t) => {
  const { log, lines, last } = capture()
  log.info({ count: 3, nested: { list: [1, 'two', null] } }, 'Started')
  t.match(last(), { level: 'info', node: 'm1', count: 3, nested: { list: [1, 'two', null] }, msg: 'Started' })
  t.match(last().time, /^\d{4}-\d\d-\d\dT/)
  t.equal(lines.length, 1)
  t.ok(lines[0]?.endsWith('\n'))
})

t.test('lines below the level are not written', async (t) => {
  const { log, lines } = capture('info')
  log.debug({}, 'Round')
  t.strictSame(lines, [])
})

t.test('of an error only the listed fields are told, with its whole chain of causes', async (t) => {
  const { log, last, lines } = capture()
  const http = Object.assign(new Error('401 Unauthorized'), {
    code: 'ERR_NON_2XX_3XX_RESPONSE',
    options: { headers: { authorization: 'Bearer s3cr3t-in-options' } },
    response: { body: 's3cr3t-in-body' },
  })
  log.warn({ error: new ProviderError('unauthorized', 'none', 'openstack: get: 401', { cause: http }) }, 'CloudDown')
  t.strictSame(last().error, {
    name: 'ProviderError',
    message: 'openstack: get: 401',
    kind: 'unauthorized',
    effect: 'none',
    cause: { name: 'Error', message: '401 Unauthorized', code: 'ERR_NON_2XX_3XX_RESPONSE' },
  })
  t.notMatch(lines.join(''), 's3cr3t')
})

t.test('an error is told the same under whatever name it is handed over', async (t) => {
  const { log, last, lines } = capture()
  const error = Object.assign(new Error('boom'), { config: { token: 'hush-hush-hush' } })
  for (const fields of [{ err: error }, { error }, { failure: error }, { list: [error] }, error]) {
    log.error(fields, 'Failed')
    t.match(JSON.stringify(last()), '"message":"boom"')
  }
  t.notMatch(lines.join(''), 'hush-hush')
})

t.test('no shape in which credentials travel reaches a line', async (t) => {
  const alphabet = [...'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789']
  const secret = fc.string({ unit: fc.constantFrom(...alphabet), minLength: 12, maxLength: 40 }).map((s) => `Zq9${s}`)
  const shapes: readonly ((s: string) => object)[] = [
    (s) => ({ message: `request with Authorization: Bearer ${s} failed` }),
    (s) => ({ message: `bearer ${s}` }),
    (s) => ({ message: `{"password": "${s}", "user": "x"}` }),
    (s) => ({ message: `adminPassword=${s}&x=1` }),
    (s) => ({ message: `X-Auth-Token: ${s}` }),
    (s) => ({ message: `GET https://user:${s}@cloud.example/v3` }),
    (s) => ({ message: `application_credential_secret: '${s}'` }),
    (s) => ({ message: `eyJ${s}.eyJ${s}.${s}` }),
    (s) => ({ message: `gAAAAABk${s}${s}` }),
    (s) => ({ message: `-----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY-----` }),
    (s) => ({ headers: { authorization: s, 'x-auth-token': s, cookie: [s] } }),
    (s) => ({ options: { clientSecret: s, token: { value: s } } }),
    (s) => ({ error: new Error(`login failed: password=${s}`) }),
    (s) => ({ error: new Error('x', { cause: new Error(`token: ${s}`) }) }),
    (s) => ({ reply: new Map([['token', s]]) }),
  ]
  fc.assert(
    fc.property(fc.constantFrom(...shapes), secret, (shape, s) => {
      const { log, lines } = capture()
      log.info(shape(s), 'Told')
      return lines.length === 1 && !lines[0]?.includes(s)
    }),
    { numRuns: 300 },
  )
  const { log, last } = capture()
  log.info(
    { message: 'token expired; tokenFile: /run/token is read again; basic checks pass', tokenFile: '/run/token' },
    'Told',
  )
  t.match(last(), {
    message: 'token expired; tokenFile: /run/token is read again; basic checks pass',
    tokenFile: '/run/token',
  })
})

t.test('whatever is handed over becomes a line, and never a throw', async (t) => {
  const cyclic: Record<string, unknown> = { a: 1 }
  cyclic.self = cyclic
  const { log, last } = capture()
  for (const fields of [
    cyclic,
    { big: 10n, fn: () => 1, when: new Date(Number.NaN), bytes: Buffer.alloc(5) },
    [],
    new Map(),
  ]) {
    log.info(fields, 'Told')
    t.equal(last().msg, 'Told')
  }
  fc.assert(
    fc.property(fc.object({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (fields) => {
      log.info(fields, 'Told')
      return last().level === 'info'
    }),
  )
  log.info({ message: 'x'.repeat(100_000) }, 'Long')
  t.ok(last().message.length < 9_000)
})

t.test('a log that can not be written never throws, and says later how many lines were lost', async (t) => {
  const lines: string[] = []
  let full = true
  const write = (line: string): void => {
    if (full) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    lines.push(line)
  }
  const log = createLog({ level: 'debug', destination: { write } })
  for (const told of [log.debug, log.info, log.warn, log.error]) t.doesNotThrow(() => told({ a: 1 }, 'Lost'))
  full = false
  log.info({ b: 2 }, 'Written')
  log.info({ c: 3 }, 'Next')
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ msg: 'Written', b: 2, lost: 4 }, { msg: 'Next' }],
  )
  t.notOk('lost' in JSON.parse(lines[1] ?? '{}'), 'told once')
})

t.test('nor does one on a disk that is full', async (t) => {
  const log = createLog({ level: 'info', destination: pino.destination({ dest: '/dev/full', sync: true }) })
  for (let line = 0; line < 3; line++) t.doesNotThrow(() => log.error({ line }, 'Lost'))
})

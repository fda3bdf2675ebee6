import fc from 'fast-check'
import t from 'tap'
import { z } from 'zod'
import { ConfigError, formatIssue } from '../../../src/config/load/config-error.ts'
import { type Loaded, loadConfig } from '../../../src/config/load/load.ts'
import { anyCharacter } from '../../support/pure/arbitrary-character.ts'
import { options } from '../options.ts'

function load(text: string): Loaded {
  return loadConfig(text, { file: 'heald.yaml', ...options })
}

function problems(text: string): readonly string[] {
  try {
    load(text)
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.issues.map(formatIssue)
    throw thrown
  }
  return []
}

t.test('a nearly empty file gets every default', async (t) => {
  const { config, warnings } = load('clusterName: c1\n')
  t.match(warnings.map(formatIssue), [/^heald.yaml:1:1: cloudProvider: no cloud is configured/])
  t.match(config, {
    clusterName: 'c1',
    compat: false,
    dryRun: false,
    cloudProvider: 'none',
    monitorInterval: 60_000,
    leaderElection: { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000, additionalLocks: [] },
    actOnCordoned: false,
  })
  t.same(
    config.healthcheck.worker.map(({ name }) => name),
    ['NodeCondition'],
  )
})

t.test('kebab-case and camelCase mean the same, at every depth', async (t) => {
  const camel = load(`
compatibility: none
checkDelayAfterAdd: 1m
leaderElection: {leaseDuration: 20s, additionalLocks: [a/b]}
healthcheck: {worker: [{type: NodeCondition, params: {unhealthyDuration: 1m, okValues: ["True"]}}]}
docker: {stopTimeout: 5s}
`)
  const kebab = load(`
compatibility: none
check-delay-after-add: 1m
leader-election: {lease-duration: 20s, additional-locks: [a/b]}
healthcheck: {worker: [{type: NodeCondition, params: {unhealthy-duration: 1m, ok-values: ["True"]}}]}
docker: {stop-timeout: 5s}
`)
  t.same(kebab.config, camel.config)
  t.equal(camel.config.checkDelayAfterAdd, 60_000)
})

t.test('a key given in both spellings, or twice, is an error at the second one', async (t) => {
  t.same(problems('dryRun: true\nlog: {level: info, level: debug}\ndry-run: true\n'), [
    'heald.yaml:2:20: log.level: stands here twice; keep one',
    'heald.yaml:3:1: dry-run: means the same as dryRun; keep one of the two',
  ])
})

t.test('all problems come at once, each with its place, its key as written and what would be right', async (t) => {
  const found = problems(`clusterNam: x
monitorInterval: 30
dryRun: "true"
cloudProvider: dokcer
gates:
  breaker: {poolPercent: 120}
  rate: {per-nod: 3}
healthcheck:
  worker:
    - type: NodeConditon
    - type: NodeCondition
      params: {unhealthy-duration: 5 min}
ladder:
  master: [{rung: replace, soak: soon}, {rung: replace}]
http: 8080
kubernetes: {apiHost: "10.0.0.1:6443"}
`)
  t.same(found, [
    'heald.yaml:1:1: clusterNam: unknown key; did you mean clusterName?',
    'heald.yaml:2:1: monitorInterval: got 30, expected a duration such as 30s, 5m or 1h30m',
    'heald.yaml:3:1: dryRun: got "true", expected true or false; leave the quotes out',
    'heald.yaml:4:1: cloudProvider: got "dokcer", expected one of none, openstack, docker; did you mean docker?',
    'heald.yaml:6:13: gates.breaker.poolPercent: got 120, expected at most 100',
    'heald.yaml:7:10: gates.rate.per-nod: unknown key; did you mean per-node?',
    'heald.yaml:10:7: healthcheck.worker[0].type: got "NodeConditon", expected one of NodeCondition, Endpoint; did you mean NodeCondition?',
    'heald.yaml:12:16: healthcheck.worker[1].params.unhealthy-duration: got "5 min", expected a duration such as 30s, 5m or 1h30m',
    'heald.yaml:14:28: ladder.master[0].soak: got "soon", expected a duration such as 30s, 5m or 1h30m',
    'heald.yaml:15:1: http: got 8080, expected a mapping',
    'heald.yaml:16:14: kubernetes.apiHost: got "10.0.0.1:6443", expected a URL such as https://10.0.0.1:6443',
  ])
})

t.test('rules between keys are told at the key that breaks them', async (t) => {
  t.same(problems('leaderElection: {renewDeadline: 20s}\n'), [
    'heald.yaml:1:18: leaderElection.renewDeadline: got "20s": must be less than leaseDuration',
  ])
  t.same(problems('ladder: {worker: [{rung: start}, {rung: start}]}\n'), [
    'heald.yaml:1:35: ladder.worker[1].rung: the rung start stands on this ladder twice; keep one',
  ])
  t.match(problems('leaderElection: {leaseDuration: 5s}\n'), [/1:1: leaderElection.renewDeadline: must be less/])
})

t.test('the chosen cloud is asked for what it needs even when its block is missing', async (t) => {
  const picky = z.strictObject({ region: z.string() })
  const attempt = (): Loaded =>
    loadConfig('cloudProvider: acme\n', { file: 'f', plugins: options.plugins, providers: { acme: picky } })
  t.throws(attempt, { message: 'f:1:1: acme.region: is missing; expected a text' })
  t.same(load('cloudProvider: docker\n').config.providerOptions, { docker: {} })
})

t.test('checks of one type are numbered, and given names are unique', async (t) => {
  const text =
    'healthcheck: {worker: [{type: NodeCondition}, {type: NodeCondition}, {type: Endpoint, name: "NodeCondition#2"}]}'
  t.same(
    load(text).config.healthcheck.worker.map(({ name }) => name),
    ['NodeCondition', 'NodeCondition#3', 'NodeCondition#2'],
  )
  t.same(problems('healthcheck: {master: [{type: Endpoint, name: a}, {type: NodeCondition, name: a}]}\n'), [
    'heald.yaml:1:73: healthcheck.master[1].name: another check of this role has the same name; choose another',
  ])
})

t.test('a key with nothing behind it counts as absent', async (t) => {
  t.equal(load('clusterName: c\nhealthcheck:\nlog:\n').config.log.level, 'info')
})

t.test('anchors and merge keys work', async (t) => {
  const { config } = load('ladder:\n  worker: &w [{rung: start}]\n  master: *w\n')
  t.same(config.ladder.master, config.ladder.worker)
  const merged = load('ladder:\n  worker: [&s {rung: start, soak: 1m}]\n  master: [{<<: *s, soak: 3m}]\n')
  t.match(merged.config.ladder.master, [{ rung: 'start', soak: 180_000 }])
})

const odd: readonly (readonly [string, string, RegExp])[] = [
  ['empty', '', /^heald.yaml:1:1: is empty/],
  ['comments only', '# nothing\n', /1:1: is empty/],
  ['a list', '- a\n', /1:1: expected a mapping/],
  ['a text', 'heald\n', /1:1: expected a mapping/],
  ['two documents', 'dryRun: true\n---\ndryRun: false\n', /2:1: a second document/],
  ['a tab', 'log:\n\tlevel: info\n', /2:1: a tab as indentation/],
  ['an unclosed quote', 'clusterName: "abc\n', /1:14: the quote that opens here is not closed/],
  ['a tag', 'clusterName: !secret abc\n', /1:14: tags are not used/],
  ['an unknown alias', 'clusterName: *x\n', /1:14: this alias names no anchor/],
  ['a cycle', 'log: &a\n  level: *a\n', /2:10: this alias stands inside/],
  ['a NUL', 'clusterName: "a\0"\n', /1:16: a control character/],
  ['a mapping as key', '? {a: b}\n: c\n', /a key must be plain text/],
  ['a missing colon', 'dryRun true\nclusterName: x\n', /is a colon missing/],
  ['__proto__', '__proto__: {dryRun: true}\n', /__proto__: unknown key/],
  ['constructor', 'log: {constructor: 1}\n', /constructor: unknown key/],
]
for (const [name, text, message] of odd) {
  t.test(`${name}: one clear error`, async (t) => {
    const found = problems(text)
    t.equal(found.length, 1, found.join('\n'))
    t.match(found[0], message)
  })
}

t.test('what nests without end, repeats without end or is huge ends in a clear error, soon', async (t) => {
  const bomb = `a0: &a0 [x]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join('')}`
  const cases: readonly (readonly [string, RegExp])[] = [
    [bomb, /more than 20000 values/],
    ['['.repeat(120_000), /nested too deeply/],
    ['{a: '.repeat(30_000), /nested too deeply/],
    ['"]"[ '.repeat(20_000), /./],
    ['- '.repeat(60_000), /nested too deeply/],
    ['? '.repeat(60_000), /nested too deeply/],
    [Array.from({ length: 450 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /nested too deeply/],
    ['x'.repeat(5_000_000), /has 5000000 characters/],
    [Array.from({ length: 12_000 }, (_, i) => `k${i}: 1`).join('\n'), /unknown key/],
    [']'.repeat(120_000), /./],
  ]
  for (const [text, message] of cases) {
    const found = problems(text)
    t.match(found[0], message, text.slice(0, 10))
    t.ok(found.length <= 101)
  }
})

const SECRET = 'hunter2Zebra'
const WITH_SECRETS = `cloudProvider: openstack
openstack:
  auth-url: https://me:${SECRET}@keystone/v3
  password: ${SECRET}
  application-credential-secret: "${SECRET}"
healthcheck:
  worker:
    - type: Endpoint
      params: {token: ${SECRET}, port: 6443}
kubernetes: {apiHost: "https://u:${SECRET}@api:6443"}
docker: {socket: "${SECRET}"}
`

t.test('secrets in the file are warned of, by key and place alone', async (t) => {
  t.same(load(WITH_SECRETS).warnings.map(formatIssue), [
    'heald.yaml:1:1: clusterName: is missing, so no machine is ever found; set the uuid of the Magnum cluster',
    'heald.yaml:3:3: openstack.auth-url: a user and a password stand in this address; take them out, they are a secret',
    'heald.yaml:4:3: openstack.password: a secret stands in the configuration itself; put it in a file and name that with passwordFile',
    'heald.yaml:5:3: openstack.application-credential-secret: a secret stands in the configuration itself; put it in a file and name that with application-credential-secret-file',
    'heald.yaml:9:16: healthcheck.worker[0].params.token: a secret stands in the configuration itself; put it in a file and name that with tokenFile',
    'heald.yaml:10:14: kubernetes.apiHost: a user and a password stand in this address; take them out, they are a secret',
    'heald.yaml:11:1: docker: has no effect, as cloudProvider is openstack; set cloudProvider: docker, or remove this block',
  ])
})

t.test('a message that a cloud or plugin brings along loses the secret that it quotes', async (t) => {
  const acme = z.strictObject({ password: z.string().refine(() => false, { error: ({ input }) => `bad: ${input}` }) })
  const attempt = (): Loaded =>
    loadConfig(`acme: {password: ${SECRET}}\n`, { file: 'f', plugins: options.plugins, providers: { acme } })
  t.throws(attempt, { message: 'f:1:8: acme.password: bad: [hidden]' })
})

t.test('under the options of a cloud no value is printed, whatever its key', async (t) => {
  t.same(problems(`docker: {stopTimeout: ${SECRET}, ${SECRET}: 1, sockets: 1}\n`), [
    'heald.yaml:1:10: docker.stopTimeout: got a text, expected a duration such as 30s, 5m or 1h30m',
    'heald.yaml:1:37: docker.…: unknown key; known here: socket, stopTimeout',
    'heald.yaml:1:54: docker.sockets: unknown key; did you mean socket?',
  ])
})

interface Edit {
  readonly at: number
  readonly cut: number
  readonly insert: string
}
const edits = fc.array(
  fc.record({
    at: fc.nat(WITH_SECRETS.length),
    cut: fc.nat(12),
    insert: fc.oneof(
      fc.string({ maxLength: 3 }),
      fc.constantFrom(': ', '\n', '[', '{', '- ', '"', '&a ', '*a', '#', '5 min'),
    ),
  }),
  { minLength: 1, maxLength: 6 },
)

function edit(text: string, changes: readonly Edit[]): string {
  return changes.reduce((now, { at, cut, insert }) => now.slice(0, at) + insert + now.slice(at + cut), text)
}

t.test(
  'however a file is broken, loading it gives a configuration or a ConfigError, and no output holds a secret',
  async () => {
    fc.assert(
      fc.property(edits, (changes) => {
        const text = edit(WITH_SECRETS, changes)
        const found = (() => {
          try {
            return load(text).warnings.map(formatIssue)
          } catch (thrown) {
            if (!(thrown instanceof ConfigError)) throw thrown
            return [...thrown.issues.map(formatIssue), thrown.message]
          }
        })()
        return !found.join('\n').includes(SECRET)
      }),
      { numRuns: 200 },
    )
  },
)

t.test('no text whatever gets anything but a configuration or a ConfigError with a place', async () => {
  const pieces = fc.array(
    fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 5 }),
      fc.constantFrom(
        ...['dryRun', 'healthcheck', ': ', '\n', '  ', '- ', '[', ']', '{', '}'],
        ...['&a', '*a', '"', "'", '|\n', '?', '<<: '],
      ),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(pieces, (parts) => {
      const found = problems(parts.join(''))
      return found.every((line) => /^heald\.yaml:\d+:\d+: /.test(line))
    }),
    { numRuns: 200 },
  )
})

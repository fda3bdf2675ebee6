import t from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import { ConfigError, formatIssue } from '../../../src/config/load/config-error.ts'
import { loadConfig } from '../../../src/config/load/load.ts'
import { options } from '../options.ts'

const openstack = PROVIDERS.get('openstack')!.schema
/** What a template leaves when nobody fills it in. */
const slot = (name: string): string => ['$', `{${name}}`].join('')

const GOOD = `cluster-name: c
monitor-interval: 15s
healthcheck:
  master: [{type: Endpoint, params: {endpoints: [/healthz]}}]
  worker: [{type: NodeCondition, params: {unhealthy-duration: 1m}}]
openstack:
  auth-url: https://keystone/v3
  user-id: u
  password-file: /p
  project-id: p
`

/** Everything that is said of the good file with one piece of it written otherwise; warnings are marked. */
function said(piece: string, instead: string, exists = true): readonly string[] {
  const text = GOOD.replace(piece, () => instead)
  const mark = (lines: readonly string[]): readonly string[] => lines.map((line) => `${line} (warning)`)
  try {
    const schemas = { plugins: options.plugins, providers: { openstack } }
    return mark(loadConfig(text, { file: 'f', ...schemas, exists: () => exists }).warnings.map(formatIssue))
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    return [...thrown.issues.map(formatIssue), ...mark(thrown.warnings.map(formatIssue))]
  }
}

t.test('a good file is taken without a word', async (t) => {
  t.same(said('', ''), [])
})

/** What is written for what, and the one thing that is said. */
const CASES: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'a placeholder',
    'name: c',
    `name: ${slot('CLUSTER_ID')}`,
    /^f:1:1: cluster-name: holds a placeholder .*write the value itself$/,
  ],
  [
    'a part that is one',
    'https://keystone',
    `https://${slot('HOST')}`,
    /^f:7:3: openstack\.auth-url: holds a placeholder[^(]*$/,
  ],
  ['a placeholder of Helm', 'name: c', 'name: "{{ .Values.name }}"', /^f:1:1: cluster-name: holds a placeholder/],
  ['one in angle brackets', 'name: c', 'name: <your cluster>', /^f:1:1: cluster-name: holds a placeholder/],
  [
    'no scheme',
    'https://keystone/v3',
    'keystone:5000/v3',
    /^f:7:3: openstack\.auth-url: .*begins with https:\/\/[^(]*$/,
  ],
  [
    'another scheme',
    'https://keystone',
    'ftp://keystone',
    /^f:7:3: openstack\.auth-url: .*begins with https:\/\/[^(]*$/,
  ],
  [
    'a user in the address',
    '//keystone',
    '//me:Zebra77@keystone',
    /^f:7:3: openstack\.auth-url: a user and .*\(warning\)$/,
  ],
  ['an empty name', 'name: c', 'name: ""', /^f:1:1: cluster-name: is missing.*uuid.*\(warning\)$/],
  ['no name', 'cluster-name: c', 'dry-run: false', /^f:1:1: cluster-name: is missing.*\(warning\)$/],
  [
    'typographic quotes',
    '[/healthz]',
    '[“/healthz”]',
    /^f:4:\d+: .*endpoints\[0\]: begins or ends with a typographic quote/,
  ],
  ['a URL for a path', '[/healthz]', '["https://h/healthz"]', /^f:4:\d+: .*endpoints\[0\]: .*expected a path such as/],
  ['no UTF-8', 'name: c', 'name: c\ufffd', /^f:1:16: is not UTF-8 from here on; save the file in UTF-8$/],
  ['no time at all', 'duration: 1m', 'duration: 0s', /unhealthy-duration: one look that fails.*\(warning\)$/],
  [
    'two passwords',
    'password-file: /p',
    'password-file: /p\n  password: Zebra77',
    /^f:10:3: openstack\.password: stands beside password-file, which counts; remove this one \(warning\)$/,
  ],
  [
    'nothing',
    ' 15s',
    '',
    /^f:2:1: monitor-interval: nothing stands behind it, so its default 60s counts.*\(warning\)$/,
  ],
]
for (const [what, piece, instead, message] of CASES) {
  t.test(`${what}: one remark, at the place, with what would be right, and no secret`, async (t) => {
    const found = said(piece, instead)
    t.equal(found.length, 1, found.join('\n'))
    t.match(found[0], message)
    t.notMatch(found[0], /Zebra/)
  })
}

t.test('a file that is not there is doubtful only where somebody looks', async (t) => {
  t.match(said('', '', false), [/^f:9:3: openstack\.password-file: no such file on this machine.*\(warning\)$/])
})

t.test('a password may hold anything but be a placeholder', async (t) => {
  const password = (value: string) => said('password-file: /p', `password: ${value}`)
  t.match(password(`"a${slot('b')}c"`), [/placeholder.*\(warning\)/, /a secret stands.*\(warning\)/])
  t.match(password(slot('PASSWORD')), [/^f:9:3: openstack\.password: holds a placeholder[^(]*$/])
})

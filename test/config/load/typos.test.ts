import t from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import { ConfigError, formatIssue } from '../../../src/config/load/config-error.ts'
import { loadConfig } from '../../../src/config/load/load.ts'
import { options } from '../options.ts'

const openstack = PROVIDERS.get('openstack')!.schema

/** Everything that is said of it; warnings are marked. */
function said(text: string): readonly string[] {
  const mark = (lines: readonly string[]): readonly string[] => lines.map((line) => `${line} (warning)`)
  try {
    const { warnings } = loadConfig(text, { file: 'f', plugins: options.plugins, providers: { openstack } })
    return mark(warnings.map(formatIssue))
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    return [...thrown.issues.map(formatIssue), ...mark(thrown.warnings.map(formatIssue))]
  }
}

/** A file of magnum-auto-healer, with one line of its cloud's block written otherwise. */
function magnum(line: string, instead: string): string {
  return `cluster-name: c
healthcheck: {master: [{type: NodeCondition}], worker: [{type: NodeCondition}]}
openstack:
  auth-url: https://keystone/v3
  user-id: u
  password-file: /p
  project-id: p
`.replace(line, instead)
}

t.test(
  'a required key that is mistyped is told once, as the key that was meant, also where unknown keys warn',
  async (t) => {
    t.same(said(magnum('auth-url', 'auth-ulr')), ['f:4:3: openstack.auth-ulr: unknown key; did you mean auth-url?'])
    t.same(said(magnum('openstack:', 'openstak:')), ['f:3:1: openstak: unknown key; did you mean openstack?'])
    const own =
      'clusterName: c\ncloudProvider: openstack\nopenstack: {authUlr: https://k, userId: u, passwordFile: /p}\n'
    t.same(said(own), ['f:3:13: openstack.authUlr: unknown key; did you mean authUrl?'])
  },
)

t.test('what may follow from a mistyped key stands right below it', async (t) => {
  t.match(said(magnum('password-file', 'passwrd-file')), [
    /^f:6:3: openstack\.passwrd-file: unknown key; did you mean password-file\?$/,
    /^f:3:1: openstack\.password: nothing proves who heald is/,
  ])
})

t.test('what is missing is told beside a value that does not fit', async (t) => {
  t.match(said(magnum('password-file: /p', 'os-endpoint-type: pubic')), [
    /^f:3:1: openstack\.password: nothing proves who heald is/,
    /^f:6:3: openstack\.os-endpoint-type: .*expected one of public, internal, admin/,
  ])
})

t.test('unknown keys and errors come together, in the order of the file, warnings marked', async (t) => {
  t.same(said(magnum('healthcheck', 'foo-bar: 1\nmonitor-interval: 15\nhealthcheck')), [
    'f:3:1: monitor-interval: got 15, expected a duration such as 30s, 5m or 1h30m',
    'f:2:1: foo-bar: unknown key, left out; see docs/configuration.md (warning)',
  ])
  t.match(
    said('dryRn: true\nhealthcheck: {worker: [{type: NodeCondition, name: a}, {type: NodeCondition, name: a}]}\n'),
    [/dryRn: unknown key/, /worker\[1\]\.name: another check of this role has the same name/],
  )
})

t.test('every key is named as the file spells its keys, in the advice too', async (t) => {
  t.match(said(magnum('password-file: /p', 'region: R')), [
    /openstack\.password: nothing proves who heald is: set user-id or username with password-file/,
  ])
  t.match(said(magnum('password-file: /p', '"password": Zebra77hunter')), [/name that with password-file \(warning\)$/])
  t.match(said('compatibility: none\ncluster-name: c\nleader-election: {lease-duration: 5s}\n'), [
    'f:3:1: leader-election.renew-deadline: must be less than lease-duration',
  ])
  t.match(said('compatibility: none\ncluster-name: c\ngates: {in-flight: {foo: 1}}\n'), [
    /gates\.in-flight\.foo: unknown key; known here: pool-percent, pool-min, masters/,
  ])
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadCredentials } from '../../../src/cloudprovider/openstack/auth/credentials.ts'
import { createFiles } from '../../../src/cloudprovider/openstack/auth/files.ts'
import { tokenRequest } from '../../../src/cloudprovider/openstack/auth/keystone.ts'
import { OpenStackOptions } from '../../../src/cloudprovider/openstack/schema/options.ts'
import { transcript } from '../../support/openstack/openstack-replay.ts'

const parseYaml = (text: string): unknown => parse(text, { schema: 'failsafe', merge: true })
const URL = 'https://keystone/v3'

async function load(options: object, env: Record<string, string> = {}) {
  const parsed = OpenStackOptions.parse({ authUrl: URL, ...options })
  return loadCredentials({ options: parsed, files: createFiles(), parseYaml, env })
}

async function requested(options: object) {
  return tokenRequest(await load(options))
}

function problems(options: object): string[] {
  return (
    OpenStackOptions.safeParse({ authUrl: URL, ...options }).error?.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    ) ?? []
  )
}

t.test('what is sent to Keystone is what real clients were recorded to send', async (t) => {
  const secret = '<redacted>'
  const named = { username: 'demo', userDomainId: 'default', projectName: 'demo', projectDomainId: 'default' }
  t.same(await requested({ ...named, password: secret }), transcript('002').request.body)
  const credential = {
    applicationCredentialId: 'f2b4696702a7463d9f56f48dcba1a970',
    applicationCredentialSecret: secret,
  }
  t.same(await requested(credential), transcript('004').request.body)
  const trust = transcript('041').request.body as {
    auth: { identity: { password: { user: object } }; scope: { 'OS-TRUST:trust': { id: string } } }
  }
  t.match(
    trust,
    await requested({
      ...userOf(trust.auth.identity.password.user),
      password: secret,
      trustId: trust.auth.scope['OS-TRUST:trust'].id,
    }),
  )
})

function userOf(user: object): object {
  const { id, name, domain } = user as { id?: string; name?: string; domain?: { id?: string } }
  return id !== undefined ? { userId: id } : { username: name, userDomainId: domain?.id }
}

t.test('each way in has its own request, and an application credential never a scope', async (t) => {
  const user = { id: 'U', password: 'P' }
  const rows: readonly (readonly [object, object])[] = [
    [
      { userId: 'U', password: 'P', projectId: 'X' },
      { identity: { methods: ['password'], password: { user } }, scope: { project: { id: 'X' } } },
    ],
    [
      { userId: 'U', password: 'P', tenantId: 'X' },
      { identity: { methods: ['password'], password: { user } }, scope: { project: { id: 'X' } } },
    ],
    [{ userId: 'U', password: 'P' }, { identity: { methods: ['password'], password: { user } } }],
    [
      { userId: 'U', password: 'P', domainName: 'D' },
      { identity: { methods: ['password'], password: { user } }, scope: { domain: { name: 'D' } } },
    ],
    [
      { username: 'u', password: 'P', projectName: 'x', domainName: 'D' },
      {
        identity: { methods: ['password'], password: { user: { name: 'u', domain: { name: 'D' }, password: 'P' } } },
        scope: { project: { name: 'x', domain: { name: 'D' } } },
      },
    ],
    [
      { userId: 'U', password: 'P', trustId: 'T', projectId: 'X' },
      { identity: { methods: ['password'], password: { user } }, scope: { 'OS-TRUST:trust': { id: 'T' } } },
    ],
    [
      { userId: 'other', password: 'no', trusteeId: 'U', trusteePassword: 'P', trustId: 'T' },
      { identity: { methods: ['password'], password: { user } }, scope: { 'OS-TRUST:trust': { id: 'T' } } },
    ],
    [
      {
        applicationCredentialName: 'N',
        applicationCredentialSecret: 'S',
        username: 'u',
        domainId: 'D',
        projectId: 'X',
      },
      {
        identity: {
          methods: ['application_credential'],
          application_credential: { name: 'N', user: { name: 'u', domain: { id: 'D' } }, secret: 'S' },
        },
      },
    ],
    [
      { applicationCredentialName: 'N', applicationCredentialSecret: 'S', userId: 'U' },
      {
        identity: {
          methods: ['application_credential'],
          application_credential: { name: 'N', user: { id: 'U' }, secret: 'S' },
        },
      },
    ],
    [
      { token: 'K', projectId: 'X' },
      { identity: { methods: ['token'], token: { id: 'K' } }, scope: { project: { id: 'X' } } },
    ],
  ]
  for (const [options, auth] of rows) t.same(await requested(options), { auth }, Object.keys(options).join())
})

t.test('what cannot work is a configuration error that says what to do', async (t) => {
  const secret = { applicationCredentialSecret: 's' }
  const rows: readonly (readonly [object, RegExp])[] = [
    [
      { userId: 'u', password: 'p', applicationCredentialId: 'a', ...secret },
      /^password: stands beside an application credential/,
    ],
    [{ applicationCredentialId: 'a' }, /^applicationCredentialSecret: .*Secret/],
    [{ applicationCredentialName: 'a', ...secret }, /^applicationCredentialName: a is known to its user only/],
    [{ password: 'p' }, /^userId: a password needs its user/],
    [{ userId: 'u' }, /^password: nothing proves/],
    [{}, /^userId: nothing proves/],
    [{ userId: 'u', username: 'n', password: 'p' }, /^username: stands beside userId/],
    [{ username: 'n', password: 'p' }, /^username: needs its domain/],
    // Without a project the domain is the scope, not the user's.
    [{ username: 'n', password: 'p', domainName: 'Default', trustId: 't' }, /^username: needs its domain/],
    [{ userId: 'u', password: 'p', projectName: 'x' }, /^projectName: needs its domain/],
    [{ userId: 'u', password: 'p', authUrl: '' }, /^authUrl: expected/],
    [{ userId: 'u', password: 'p', certFile: '/c' }, /^certFile: .*keyFile/],
    [{ userId: 'u', password: 'p', osEndpointType: 'internalURL' }, /^osEndpointType/],
    [{ userId: 'u', password: 'p', tlsInsecure: 'perhaps' }, /^tlsInsecure/],
    [{ userId: 'u', password: 'p', stopTimeout: '2h' }, /^stopTimeout/],
  ]
  for (const [options, message] of rows) t.match(problems(options).join('\n'), message, JSON.stringify(options))
  t.same(problems({ userId: 'u', passwordFile: '/p', trustId: 't' }), [])
})

t.test('tls-insecure means what it says, quoted or not', async (t) => {
  for (const [value, insecure] of [
    [true, true],
    ['true', true],
    ['True', true],
    ['1', true],
    [false, false],
    ['false', false],
    ['', false],
  ] as const) {
    t.equal((await load({ userId: 'u', password: 'p', tlsInsecure: value })).trust.insecure, insecure, String(value))
  }
})

t.test('secrets and authorities in files are read again when they change', async (t) => {
  const dir = t.testdir({ password: 'first\n', 'ca.pem': 'CA 1' })
  const options = OpenStackOptions.parse({
    authUrl: URL,
    userId: 'u',
    trustId: 't',
    passwordFile: join(dir, 'password'),
    caFile: join(dir, 'ca.pem'),
  })
  const files = createFiles()
  const now = () => loadCredentials({ options, files, parseYaml, env: {} })
  t.match(await now(), { identity: { password: 'first' }, trust: { authority: 'CA 1' } })
  writeFileSync(join(dir, 'password'), 'second one')
  writeFileSync(join(dir, 'ca.pem'), 'CA number 2')
  t.match(await now(), { identity: { password: 'second one' }, trust: { authority: 'CA number 2' } })
  await t.rejects(
    loadCredentials({ options: { ...options, passwordFile: join(dir, 'none') }, files, parseYaml, env: {} }),
    { kind: 'invalid', message: /none: can't be read/ },
  )
})

const CLOUDS = `clouds:
  plain:
    auth: {auth_url: https://k/v3, username: demo, password: inline, project_name: p, user_domain_name: Default, project_domain_name: Default}
    region_name: R
    interface: internal
    verify: false
  vendored:
    profile: acme
    auth: {application_credential_id: 123e4, application_credential_secret: s}
  broken: {auth: {auth_url: https://k/v3}}
`

t.test('an entry of clouds.yaml is the way in, with its profile below and secure.yaml above it', async (t) => {
  const dir = t.testdir({
    'clouds.yaml': CLOUDS,
    'secure.yaml': 'clouds: {plain: {auth: {password: secure}}}\n',
    'clouds-public.yaml':
      'public-clouds: {acme: {auth: {auth_url: https://acme/v3}, region_name: A, endpoint_type: internal}}\n',
  })
  const cloudsFile = join(dir, 'clouds.yaml')
  const plain = await load({ authUrl: undefined, cloud: 'plain', cloudsFile })
  t.match(plain, {
    authUrl: 'https://k/v3',
    identity: { kind: 'password', user: { name: 'demo', domain: { name: 'Default' } }, password: 'secure' },
    scope: { project: { name: 'p', domain: { name: 'Default' } } },
    region: 'R',
    interface: 'internal',
    trust: { insecure: true },
  })
  t.match(await load({ cloud: 'vendored', region: 'own' }, { OS_CLIENT_CONFIG_FILE: cloudsFile }), {
    authUrl: URL,
    identity: { kind: 'credential', id: '123e4' },
    scope: undefined,
    region: 'own',
    interface: 'internal',
  })
  await t.rejects(load({ cloud: 'none', cloudsFile }), {
    kind: 'invalid',
    message: /no cloud none; it has plain, vendored, broken/,
  })
  await t.rejects(load({ useClouds: true, cloudsFile }), { message: /several clouds: name one/ })
  await t.rejects(load({ cloud: 'broken', cloudsFile }), { message: /nothing proves who heald is/ })
  writeFileSync(cloudsFile, 'clouds: {plain: {auth: {password: "Zebra77')
  await t.rejects(load({ cloud: 'plain', cloudsFile }), { message: /is not YAML$/ }, 'without the line and its secret')
})

t.test(
  'clouds.yaml is read as openstacksdk reads it: hyphens, keys beside auth, merge keys, values of a region',
  async (t) => {
    const dir = t.testdir({
      'clouds.yaml': `
base: &base
  auth-type: v3password
  auth: {auth-url: https://k/v3, username: demo, user-domain-name: Default}
clouds:
  merged: {<<: *base, password: P, project-id: X, region-name: R}
  beside: {auth: {auth_url: https://k/v3, user_id: inside}, user_id: outside, password: P, domain_id: D}
  regions:
    auth: {auth_url: https://k/v3, user_id: U, password: P}
    regions: [{name: one, values: {auth: {project_id: X1}}}, {name: two, values: {auth: {project_id: X2}, interface: internal}}]
  mixed:
    auth: {auth_url: https://k/v3, user_id: U, password: P, project_id: X}
    regions: [zero, {name: one, values: {auth: {project_id: X1}}}]
`,
    })
    const entry = (cloud: string, more: object = {}) =>
      load({ authUrl: undefined, cloud, cloudsFile: join(dir, 'clouds.yaml'), ...more })
    t.match(await entry('merged'), {
      authUrl: 'https://k/v3',
      identity: { user: { name: 'demo', domain: { name: 'Default' } }, password: 'P' },
      scope: { project: { id: 'X' } },
      region: 'R',
    })
    t.match(await entry('beside'), {
      identity: { user: { id: 'inside' }, password: 'P' },
      scope: { domain: { id: 'D' } },
    })
    t.match(await entry('regions'), { scope: { project: { id: 'X1' } }, region: 'one', interface: 'public' })
    t.match(await entry('regions', { region: 'two' }), { scope: { project: { id: 'X2' } }, interface: 'internal' })
    const mixed = await entry('mixed')
    t.match(mixed, { scope: { project: { id: 'X' } }, region: 'zero' }, 'values of a region are for that one only')
  },
)

t.test('an auth_type that heald does not have is refused by name, before anything is sent', async (t) => {
  for (const type of ['v3oidcpassword', 'v2password', 'v3adfspassword', 'none', 'http_basic']) {
    const auth = '{auth_url: https://k/v3, user_id: U, password: Zebra77}'
    const dir = t.testdir({ 'clouds.yaml': `clouds: {one: {auth_type: ${type}, auth: ${auth}}}\n` })
    const thrown = await load({ authUrl: undefined, cloud: 'one', cloudsFile: join(dir, 'clouds.yaml') }).then(
      () => t.fail(`${type} is taken`),
      (error: Error) => error,
    )
    t.match(thrown, {
      kind: 'invalid',
      message: new RegExp(`cloud one: auth_type ${type} is not supported; password, `),
    })
    t.notMatch(String(thrown), /Zebra77/)
  }
})

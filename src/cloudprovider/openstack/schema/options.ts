import { z } from 'zod'
import { parseProxy } from '../../../lib/proxy/choose.ts'
import { isRecord } from '../../../lib/pure/json.ts'
import { duration } from '../../../lib/schema/duration.ts'

const text = (about: string) => z.string().optional().describe(about)

/** magnum-auto-healer compares a text with "true", so that an unquoted `true` stays off there; here both mean what they say. */
const flag = z
  .union([z.boolean(), z.string().regex(/^(true|false|t|f|1|0|)$/i, { error: 'expected true or false' })])
  .prefault(false)
  .transform((value) => value === true || (typeof value === 'string' && /^(true|t|1)$/i.test(value)))

/** `proxy`: whatever the environment says, there is none. */
export const NO_PROXY = 'none'

const Shape = z.strictObject({
  authUrl: text("Keystone's address, with or without `/v3`."),
  region: text('Region of the endpoints that are used; default: the first one in the catalog.'),
  osEndpointType: z
    .enum(['public', 'internal', 'admin'])
    .prefault('public')
    .describe('Interface of the endpoints that are used.'),
  userId: text('User, by id.'),
  username: text('User, by name; needs `userDomainId` or `userDomainName`.'),
  password: text('Password of the user or trustee; better `passwordFile`.'),
  passwordFile: text('File that holds the password; read again when it changes.'),
  userDomainId: text("Domain of `username`, by id; default: `domainId` where a project is the token's scope."),
  userDomainName: text('The same, by name.'),
  projectId: text('Project, by id.'),
  projectName: text('Project, by name; needs `projectDomainId` or `projectDomainName`.'),
  projectDomainId: text('Domain of `projectName`, by id; default: `domainId`.'),
  projectDomainName: text('The same, by name.'),
  domainId: text("Domain, by id: default for the user's and the project's, and without a project the scope itself."),
  domainName: text('The same, by name.'),
  tenantId: text('Old name of `projectId`.'),
  tenantName: text('Old name of `projectName`.'),
  tenantDomainId: text('Old name of `projectDomainId`.'),
  tenantDomainName: text('Old name of `projectDomainName`.'),
  trustId: text("Trust whose trustee the user is, as Magnum's own manifest has it."),
  trusteeId: text('Trustee, by id; instead of `userId`.'),
  trusteePassword: text("Trustee's password; instead of `password`."),
  trusteePasswordFile: text("File that holds the trustee's password."),
  applicationCredentialId: text('Application credential, by id.'),
  applicationCredentialName: text('Application credential, by name; needs the user.'),
  applicationCredentialSecret: text('Its secret; better `applicationCredentialSecretFile`.'),
  applicationCredentialSecretFile: text('File that holds the secret; read again when it changes.'),
  token: text('A token; it ends when it expires, so take it for tries only.'),
  tokenFile: text('File that holds a token; read again when it changes.'),
  caFile: text("Authorities that signed the endpoints' certificates, PEM; default: the system's."),
  cafilecontents: text('The same, as text.'),
  certFile: text('Client certificate, PEM; needs `keyFile`.'),
  keyFile: text('Its key, PEM.'),
  tlsInsecure: flag.describe("Whether the endpoints' certificates are taken unseen."),
  cloud: text('Name of an entry of clouds.yaml that holds all of the above.'),
  cloudsFile: text('Path of clouds.yaml; default: OS_CLIENT_CONFIG_FILE, ./, ~/.config/openstack/, /etc/openstack/.'),
  useClouds: flag.describe('Whether clouds.yaml is read even without `cloud`: its only entry counts then.'),
  clusterName: text('The Magnum cluster, by uuid or name; default: `clusterName` at the top.'),
  requireAutoHealingLabel: z
    .boolean()
    .prefault(true)
    .describe('Whether the cluster must carry the label `auto_healing_enabled`, as magnum-auto-healer wants it.'),
  replaceMastersWithoutEtcdVolume: z
    .boolean()
    .prefault(false)
    .describe('Whether a master is replaced though its etcd data dies with it, because it has no volume of its own.'),
  replaceClusterApiWorkers: z
    .boolean()
    .prefault(false)
    .describe(
      'Whether workers of a Cluster API cluster are replaced by two resizes instead of leaving that to its MachineHealthCheck: with the driver magnum-cluster-api only, and only while the label `auto_healing_enabled` is false, which takes `requireAutoHealingLabel: false`.',
    ),
  proxy: z
    .string()
    .refine((text) => text === NO_PROXY || parseProxy(text) !== undefined, {
      error: 'expected an address such as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, or none',
    })
    .optional()
    .describe(
      'The proxy of all requests to the cloud, or `none`; default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment.',
    ),
  stopTimeout: duration({ max: '1h' })
    .prefault('3m')
    .describe('How long a server may take to stop before its replacement goes on without.'),
})

/** The `openstack` block of the configuration: the keys of magnum-auto-healer, and a few of heald's own. */
export const OpenStackOptions = Shape.superRefine(
  (options, context) => {
    for (const { key, message } of complaints(options)) {
      context.addIssue({ code: 'custom', path: [key], message })
    }
  },
  // Beside a value that does not fit, too: all that is wrong is told at once.
  { when: ({ value }) => isRecord(value) },
)
export type OpenStackOptions = z.output<typeof OpenStackOptions>

/** The way in, as the block or an entry of clouds.yaml names it; secrets as texts or as files. */
export type AuthKeys = Pick<
  OpenStackOptions,
  | 'authUrl'
  | 'userId'
  | 'username'
  | 'password'
  | 'passwordFile'
  | 'userDomainId'
  | 'userDomainName'
  | 'projectId'
  | 'projectName'
  | 'projectDomainId'
  | 'projectDomainName'
  | 'domainId'
  | 'domainName'
  | 'tenantId'
  | 'tenantName'
  | 'trustId'
  | 'trusteeId'
  | 'trusteePassword'
  | 'trusteePasswordFile'
  | 'applicationCredentialId'
  | 'applicationCredentialName'
  | 'applicationCredentialSecret'
  | 'applicationCredentialSecretFile'
  | 'token'
  | 'tokenFile'
>

interface Complaint {
  readonly key: string
  readonly message: string
}

/** What is wrong between the keys. An entry of clouds.yaml is held to the same rules once it is read. */
function complaints(options: OpenStackOptions): readonly Complaint[] {
  const found: Complaint[] = []
  if ((options.certFile ?? '') !== '' && (options.keyFile ?? '') === '') {
    found.push({ key: 'certFile', message: 'a client certificate needs its key: set keyFile' })
  }
  const usesClouds = (options.cloud ?? '') !== '' || options.useClouds
  return usesClouds ? found : [...found, ...authComplaints(options)]
}

export function authComplaints(keys: AuthKeys): readonly Complaint[] {
  const has = (...names: readonly (keyof AuthKeys)[]): boolean => names.some((name) => (keys[name] ?? '') !== '')
  const found: Complaint[] = []
  const say = (key: keyof AuthKeys, message: string): void => {
    found.push({ key, message })
  }
  const password = has('password', 'passwordFile', 'trusteePassword', 'trusteePasswordFile')
  const credential = has('applicationCredentialId', 'applicationCredentialName')
  const token = has('token', 'tokenFile')
  if (!has('authUrl')) say('authUrl', "expected a text: Keystone's address, such as https://cloud.example:5000/v3")
  else if (!isHttp(keys.authUrl ?? ''))
    say('authUrl', 'expected an address that begins with https:// or http://, such as https://cloud.example:5000/v3')
  if (credential && password) {
    // Others then send the password without a scope, and every request is refused later.
    say('password', 'stands beside an application credential: keep one of the two')
  }
  if (credential) return [...found, ...credentialComplaints(keys, has)]
  if (token) return found
  if (!password) {
    say(
      has('userId', 'username', 'trusteeId') ? 'password' : 'userId',
      'nothing proves who heald is: set userId or username with passwordFile, or an application credential',
    )
    return found
  }
  const ids = has('userId', 'trusteeId')
  if (ids && has('username')) say('username', 'stands beside userId: keep one of the two')
  if (!ids && !has('username')) say('userId', 'a password needs its user: set userId, or username with its domain')
  const inherits = has('projectId', 'projectName', 'tenantId', 'tenantName') && has('domainId', 'domainName')
  if (!ids && has('username') && !has('userDomainId', 'userDomainName') && !inherits) {
    say('username', 'needs its domain: set userDomainName or userDomainId (most often "Default")')
  }
  return has('trustId') ? found : [...found, ...projectComplaints(has)]
}

function isHttp(address: string): boolean {
  return /^https?:\/\/[^/]/i.test(address) && URL.canParse(address)
}

type Has = (...names: readonly (keyof AuthKeys)[]) => boolean

function credentialComplaints(keys: AuthKeys, has: Has): readonly Complaint[] {
  const found: Complaint[] = []
  if (!has('applicationCredentialSecret', 'applicationCredentialSecretFile')) {
    found.push({
      key: 'applicationCredentialSecret',
      message: 'an application credential needs its secret: set applicationCredentialSecretFile',
    })
  }
  const named = !has('applicationCredentialId')
  const domain = has('userDomainId', 'userDomainName', 'domainId', 'domainName')
  if (named && !has('userId') && !(has('username') && domain)) {
    found.push({
      key: 'applicationCredentialName',
      message: `${keys.applicationCredentialName} is known to its user only: set userId, or username with its domain`,
    })
  }
  return found
}

function projectComplaints(has: Has): readonly Complaint[] {
  if (!has('projectName', 'tenantName') || has('projectId', 'tenantId')) return []
  if (has('projectDomainId', 'projectDomainName', 'domainId', 'domainName')) return []
  return [{ key: 'projectName', message: 'needs its domain: set projectDomainName or projectDomainId' }]
}

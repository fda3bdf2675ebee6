import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import { type AuthKeys, authComplaints, type OpenStackOptions } from '../schema/options.ts'
import { type CloudEntry, readCloud } from './clouds-yaml.ts'
import type { Files } from './files.ts'

export interface Named {
  readonly id?: string
  readonly name?: string
}

export interface User extends Named {
  /** Only with a name. */
  readonly domain?: Named
}

/** Who we are to Keystone. An application credential carries its own scope and is never given another. */
export type Identity =
  | { readonly kind: 'password'; readonly user: User; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  | {
      readonly kind: 'credential'
      readonly id?: string
      readonly name?: string
      readonly secret: string
      readonly user?: User
    }

export type Scope = { readonly project: User } | { readonly domain: Named } | { readonly trust: string }

/** How the certificates of the endpoints are judged, and what is shown to them. */
export interface Trust {
  readonly authority?: string
  readonly certificate?: string
  readonly key?: string
  readonly insecure: boolean
}

export interface Credentials {
  readonly authUrl: string
  readonly identity: Identity
  readonly scope: Scope | undefined
  readonly region: string | undefined
  readonly interface: 'public' | 'internal' | 'admin'
  readonly trust: Trust
}

export interface CredentialSources {
  readonly options: OpenStackOptions
  readonly files: Files
  readonly parseYaml: (text: string) => unknown
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Everything as the files say it now. Throws ProviderError `invalid` that names what is wrong, never a secret. */
export async function loadCredentials(sources: CredentialSources): Promise<Credentials> {
  const { options, files } = sources
  const cloud =
    options.cloud || options.useClouds
      ? await readCloud({
          ...sources,
          cloudsFile: given(options.cloudsFile),
          cloud: given(options.cloud),
          region: given(options.region),
        })
      : undefined
  const keys = cloud === undefined ? withoutBlanks(options) : { ...withoutBlanks(keysOf(cloud)), ...placeOf(options) }
  const [complaint] = authComplaints(keys)
  if (complaint !== undefined) {
    throw new ProviderError('invalid', 'none', `openstack: ${complaint.key}: ${complaint.message}`)
  }
  const secret = async (inline: string | undefined, file: string | undefined): Promise<string> =>
    file === undefined ? (inline ?? '') : (await files.read(file)).trim()
  return {
    authUrl: keys.authUrl ?? '',
    identity: await identityOf(keys, secret),
    scope: scopeOf(keys),
    region: cloud === undefined ? given(options.region) : cloud.region_name,
    interface: cloud === undefined ? options.osEndpointType : interfaceOf(cloud, options),
    trust: await trustOf(options, cloud, files),
  }
}

type ReadSecret = (inline: string | undefined, file: string | undefined) => Promise<string>

async function identityOf(keys: AuthKeys, secret: ReadSecret): Promise<Identity> {
  const { applicationCredentialId: id, applicationCredentialName: name } = keys
  if (id !== undefined || name !== undefined) {
    const proof = await secret(keys.applicationCredentialSecret, keys.applicationCredentialSecretFile)
    if (id !== undefined) return { kind: 'credential', id, secret: proof }
    return { kind: 'credential', name: name ?? '', secret: proof, user: userOf(keys) }
  }
  if (keys.trusteeId === undefined && keys.trustId === undefined && (keys.token ?? keys.tokenFile) !== undefined) {
    return { kind: 'token', token: await secret(keys.token, keys.tokenFile) }
  }
  const password =
    (keys.trusteePassword ?? keys.trusteePasswordFile) === undefined
      ? await secret(keys.password, keys.passwordFile)
      : await secret(keys.trusteePassword, keys.trusteePasswordFile)
  const user = keys.trusteeId === undefined ? userOf(keys) : { id: keys.trusteeId }
  return { kind: 'password', user, password }
}

function userOf(keys: AuthKeys): User {
  if (keys.userId !== undefined) return { id: keys.userId }
  const inherits = projectOf(keys) !== undefined || keys.applicationCredentialName !== undefined
  const own = named(keys.userDomainId, keys.userDomainName)
  const domain = own ?? (inherits ? named(keys.domainId, keys.domainName) : undefined)
  return { name: keys.username ?? '', ...(domain === undefined ? {} : { domain }) }
}

/** An id leaves the name out; a name without an id needs the domain that it stands in. */
function projectOf(keys: AuthKeys): User | undefined {
  const id = keys.projectId ?? keys.tenantId
  if (id !== undefined) return { id }
  const name = keys.projectName ?? keys.tenantName
  if (name === undefined) return undefined
  const domain = named(keys.projectDomainId, keys.projectDomainName) ?? named(keys.domainId, keys.domainName)
  return { name, ...(domain === undefined ? {} : { domain }) }
}

function scopeOf(keys: AuthKeys): Scope | undefined {
  if (keys.applicationCredentialId !== undefined || keys.applicationCredentialName !== undefined) return undefined
  if (keys.trustId !== undefined) return { trust: keys.trustId }
  const project = projectOf(keys)
  if (project !== undefined) return { project }
  const domain = named(keys.domainId, keys.domainName)
  return domain === undefined ? undefined : { domain }
}

function named(id: string | undefined, name: string | undefined): Named | undefined {
  if (id !== undefined) return { id }
  return name === undefined ? undefined : { name }
}

async function trustOf(options: OpenStackOptions, cloud: CloudEntry | undefined, files: Files): Promise<Trust> {
  const authorityFile = given(options.caFile) ?? cloud?.cacert
  const certificateFile = given(options.certFile) ?? cloud?.cert
  const keyFile = given(options.keyFile) ?? cloud?.key
  const authority = authorityFile === undefined ? given(options.cafilecontents) : await files.read(authorityFile)
  return {
    insecure: options.tlsInsecure || /^(false|no|0)$/i.test(cloud?.verify ?? ''),
    ...(authority === undefined ? {} : { authority }),
    ...(certificateFile === undefined ? {} : { certificate: await files.read(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: await files.read(keyFile) }),
  }
}

function keysOf({ auth }: CloudEntry): AuthKeys {
  return {
    authUrl: auth.auth_url,
    userId: auth.user_id,
    username: auth.username,
    password: auth.password,
    userDomainId: auth.user_domain_id ?? auth.default_domain,
    userDomainName: auth.user_domain_name,
    projectId: auth.project_id ?? auth.tenant_id,
    projectName: auth.project_name ?? auth.tenant_name,
    projectDomainId: auth.project_domain_id ?? auth.default_domain,
    projectDomainName: auth.project_domain_name,
    domainId: auth.domain_id,
    domainName: auth.domain_name,
    trustId: auth.trust_id,
    applicationCredentialId: auth.application_credential_id,
    applicationCredentialName: auth.application_credential_name,
    applicationCredentialSecret: auth.application_credential_secret,
    token: auth.token,
  }
}

/** Beside an entry of clouds.yaml the block may still say where Keystone is. */
function placeOf(options: OpenStackOptions): AuthKeys {
  const authUrl = given(options.authUrl)
  return authUrl === undefined ? {} : { authUrl }
}

function interfaceOf(cloud: CloudEntry, options: OpenStackOptions): Credentials['interface'] {
  const word = (cloud.endpoint_type ?? cloud.interface ?? options.osEndpointType).replace(/URL$/, '')
  return word === 'internal' || word === 'admin' ? word : 'public'
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

/** Magnum's own manifests leave keys in that are empty. */
function withoutBlanks(keys: AuthKeys): AuthKeys {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== '')) as AuthKeys
}

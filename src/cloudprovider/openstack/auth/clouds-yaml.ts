import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import { isRecord, listOf, recordOf } from '../../../lib/pure/json.ts'
import type { Files } from './files.ts'

const text = z.string().optional()

const Auth = z.object({
  auth_url: text,
  token: text,
  username: text,
  user_id: text,
  password: text,
  application_credential_id: text,
  application_credential_name: text,
  application_credential_secret: text,
  project_id: text,
  project_name: text,
  tenant_id: text,
  tenant_name: text,
  user_domain_id: text,
  user_domain_name: text,
  project_domain_id: text,
  project_domain_name: text,
  domain_id: text,
  domain_name: text,
  default_domain: text,
  trust_id: text,
})

// Only the fields we use: openstacksdk knows some sixty more.
const Entry = z.object({
  auth: Auth.prefault({}),
  auth_type: text,
  region_name: text,
  regions: z.array(z.union([z.string(), z.object({ name: z.string() })])).optional(),
  interface: text,
  endpoint_type: text,
  verify: text,
  cacert: text,
  cert: text,
  key: text,
})
export type CloudEntry = z.output<typeof Entry>

export interface CloudsOptions {
  readonly files: Files
  readonly parseYaml: (text: string) => unknown
  readonly env: Readonly<Record<string, string | undefined>>
  /** Undefined: the places where every OpenStack client looks. */
  readonly cloudsFile: string | undefined
  /** Undefined: the only entry. */
  readonly cloud: string | undefined
  /** Undefined: the one of the entry, or its first. */
  readonly region: string | undefined
}

/** keystoneauth's names of the ways in that heald has. Any other would send its secret to a method that it is not for. */
const AUTH_TYPES: readonly string[] = ['password', 'v3password', 'token', 'v3token', 'v3applicationcredential']

/** One entry of clouds.yaml, with its profile from clouds-public.yaml below it and secure.yaml above it. */
export async function readCloud(options: CloudsOptions): Promise<CloudEntry> {
  const file = await findFile(options, options.cloudsFile, 'clouds.yaml')
  if (file === undefined) throw wrong(`no clouds.yaml found; set cloudsFile`)
  const clouds = await readClouds(options, file, 'clouds')
  const name = options.cloud ?? onlyName(clouds, file)
  const entry = clouds[name]
  if (entry === undefined) {
    throw wrong(`${file} has no cloud ${name}; it has ${Object.keys(clouds).join(', ') || 'none'}`)
  }
  const profile = entry.profile ?? entry.cloud
  const vendor = typeof profile === 'string' ? await vendorOf(options, file, profile) : {}
  const secureFile = await findFile(options, join(dirname(file), 'secure.yaml'), 'secure.yaml')
  const secure = secureFile === undefined ? {} : ((await readClouds(options, secureFile, 'clouds'))[name] ?? {})
  const whole = [vendor, entry, secure].map(withUnderscores).reduce(merge)
  const parsed = Entry.safeParse(withAuth(ofRegion(whole, options.region)))
  if (!parsed.success) {
    throw wrong(`${file}: cloud ${name}: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')} is wrong`)
  }
  const { auth_type: type } = parsed.data
  if (type === undefined || type === '' || AUTH_TYPES.includes(type)) return parsed.data
  throw wrong(`${file}: cloud ${name}: auth_type ${type} is not supported; ${AUTH_TYPES.join(', ')} are`)
}

/** `user-domain-name` is `user_domain_name`, as openstacksdk has it. */
function withUnderscores(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [
      key.replaceAll('-', '_'),
      isRecord(value) ? withUnderscores(value) : value,
    ]),
  )
}

/** With the region that counts as `region_name`. What the entry says of it alone stands above the rest. */
function ofRegion(entry: Tree, asked: string | undefined): Tree {
  const regions = listOf(entry.regions)
  const [first] = regions
  const region = asked ?? entry.region_name ?? (isRecord(first) ? first.name : first)
  const { values } = recordOf(regions.find((one) => recordOf(one).name === region))
  return { ...merge(entry, withUnderscores(recordOf(values))), region_name: region }
}

/** Keys of `auth` may stand beside it; inside it they win. */
function withAuth(entry: Tree): Tree {
  const beside = Object.fromEntries(Object.entries(entry).filter(([key]) => key in Auth.shape))
  return { ...entry, auth: merge(beside, isRecord(entry.auth) ? entry.auth : {}) }
}

type Tree = Readonly<Record<string, unknown>>
type Clouds = Readonly<Record<string, Tree | undefined>>

async function findFile(
  { files, env, cloudsFile }: CloudsOptions,
  named: string | undefined,
  name: string,
): Promise<string | undefined> {
  const fromEnv = name === 'clouds.yaml' && cloudsFile === undefined ? env.OS_CLIENT_CONFIG_FILE : undefined
  const folders = ['.', join(homedir(), '.config', 'openstack'), '/etc/openstack']
  const places = [named ?? fromEnv, ...(cloudsFile === undefined ? folders.map((folder) => join(folder, name)) : [])]
  for (const place of places) if (place !== undefined && (await files.exists(place))) return place
  // A file that was named and is not there is said to be missing when it is read.
  return name === 'clouds.yaml' ? (named ?? fromEnv) : undefined
}

async function vendorOf(options: CloudsOptions, file: string, profile: string): Promise<Tree> {
  const found = await findFile(options, join(dirname(file), 'clouds-public.yaml'), 'clouds-public.yaml')
  return found === undefined ? {} : ((await readClouds(options, found, 'public-clouds'))[profile] ?? {})
}

async function readClouds({ files, parseYaml }: CloudsOptions, file: string, key: string): Promise<Clouds> {
  let parsed: unknown
  try {
    parsed = parseYaml(await files.read(file))
  } catch (thrown) {
    if (thrown instanceof ProviderError) throw thrown
    // The parser's own message quotes the line, and that may hold a secret.
    throw wrong(`${file} is not YAML`)
  }
  const clouds = isRecord(parsed) ? parsed[key] : undefined
  if (!isRecord(clouds)) return {}
  return Object.fromEntries(Object.entries(clouds).map(([name, entry]) => [name, isRecord(entry) ? entry : {}]))
}

function onlyName(clouds: Clouds, file: string): string {
  const [name, ...others] = Object.keys(clouds)
  if (name !== undefined && others.length === 0) return name
  throw wrong(`${file} has ${name === undefined ? 'no cloud' : 'several clouds'}: name one with cloud`)
}

function merge(below: Tree, above: Tree): Tree {
  const result: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = result[key]
    result[key] = isRecord(value) && isRecord(under) ? merge(under, value) : value
  }
  return result
}

function wrong(message: string): ProviderError {
  return new ProviderError('invalid', 'none', `openstack: ${message}`)
}

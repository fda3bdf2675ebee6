import { z } from 'zod'
import type { Json, Millis } from '../../../core/model/primitives.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import { Catalog } from './catalog.ts'
import type { Credentials, Named, Scope, User } from './credentials.ts'
import type { Request } from './exchange.ts'
import { type Http, refusal, wrongAnswer } from './http.ts'

const TokenAnswer = z.object({
  token: z.object({
    expires_at: z.string(),
    issued_at: z.string(),
    user: z.object({ id: z.string() }),
    roles: z.array(z.object({ name: z.string() })).prefault([]),
    project: z.object({ id: z.string() }).optional(),
    catalog: Catalog.prefault([]),
  }),
})

export interface Token {
  readonly id: string
  /** By Keystone's own two times, so that no clock of ours matters. */
  readonly lifetimeMs: Millis
  readonly userId: string
  readonly roles: readonly string[]
  readonly projectId: string | undefined
  readonly catalog: Catalog
}

/** POST /v3/auth/tokens. Throws ProviderError: `unauthorized` when Keystone does not take the credentials. */
export async function requestToken(http: Http, credentials: Credentials, signal: AbortSignal): Promise<Token> {
  const request: Request = {
    service: 'keystone',
    method: 'POST',
    url: `${baseUrl(credentials.authUrl)}/auth/tokens`,
    body: tokenRequest(credentials),
    trust: credentials.trust,
  }
  const answer = await http.send(request, signal).catch((thrown: unknown) => {
    throw withoutEffect(thrown)
  })
  if (answer.status !== 201 && answer.status !== 200)
    throw withoutEffect(explained(refusal(request, answer), answer.status, credentials))
  const parsed = TokenAnswer.safeParse(answer.body)
  const id = answer.headers['x-subject-token']
  if (!parsed.success) throw withoutEffect(wrongAnswer(request, parsed.error))
  if (typeof id !== 'string') {
    throw new ProviderError('invalid', 'none', 'openstack: keystone: the answer has no X-Subject-Token')
  }
  const { token } = parsed.data
  const lifetimeMs = Date.parse(token.expires_at) - (answer.date ?? Date.parse(token.issued_at))
  return {
    id,
    lifetimeMs,
    userId: token.user.id,
    roles: token.roles.map(({ name }) => name),
    projectId: token.project?.id,
    catalog: token.catalog,
  }
}

/** The body that Keystone wants. Never a scope with an application credential: it has its own. */
export function tokenRequest({ identity, scope }: Credentials): Json {
  switch (identity.kind) {
    case 'password':
      return auth(
        { methods: ['password'], password: { user: { ...user(identity.user), password: identity.password } } },
        scope,
      )
    case 'token':
      return auth({ methods: ['token'], token: { id: identity.token } }, scope)
    case 'credential': {
      const { id, name, secret } = identity
      const own: Record<string, Json> =
        id !== undefined ? { id } : { name: name ?? '', user: user(identity.user ?? {}) }
      return auth({ methods: ['application_credential'], application_credential: { ...own, secret } }, undefined)
    }
  }
}

function auth(identity: Json, scope: Scope | undefined): Json {
  return { auth: { identity, ...(scope === undefined ? {} : { scope: scopeJson(scope) }) } }
}

function scopeJson(scope: Scope): Json {
  if ('trust' in scope) return { 'OS-TRUST:trust': { id: scope.trust } }
  return 'project' in scope ? { project: user(scope.project) } : { domain: ref(scope.domain) }
}

function user({ id, name, domain }: User): Record<string, Json> {
  if (id !== undefined) return { id }
  return { name: name ?? '', ...(domain === undefined ? {} : { domain: ref(domain) }) }
}

function ref({ id, name }: Named): Record<string, Json> {
  return id !== undefined ? { id } : { name: name ?? '' }
}

/** Discovery is not needed: heald speaks v3 only, and every Keystone serves it there. */
function baseUrl(authUrl: string): string {
  const bare = authUrl.replace(/\/+$/, '')
  if (!URL.canParse(bare)) {
    throw new ProviderError(
      'invalid',
      'none',
      `openstack: authUrl: ${JSON.stringify(bare)} is no address like https://HOST:5000/v3`,
    )
  }
  return /\/v3$/.test(bare) ? bare : `${bare.replace(/\/v2\.0$/, '')}/v3`
}

function explained(error: ProviderError, status: number, credentials: Credentials): ProviderError {
  const hint =
    status === 401 ? `; ${remedyOf(credentials)}` : status === 404 ? '; is authUrl the address of Keystone?' : ''
  const kind = status === 401 || status === 403 ? 'unauthorized' : error.kind
  return new ProviderError(kind, 'none', error.message + hint, {
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  })
}

/** Keystone gives no reason, so that nobody can guess names: all that can be is named. */
function remedyOf({ identity, scope }: Credentials): string {
  if (identity.kind === 'credential') {
    return 'the application credential is wrong, expired or revoked: make a new one, or correct its id and secret'
  }
  if (identity.kind === 'token')
    return 'the token is wrong, expired or revoked: use a password or an application credential'
  if (scope !== undefined && 'trust' in scope) {
    return 'trustee, password or trust is wrong, expired or revoked: correct trusteeId, trusteePasswordFile and trustId'
  }
  return 'user, domain, password or project is wrong, expired or revoked: correct userId or username, passwordFile and the project'
}

/** A token that was made and never reached us has changed nothing at the cloud. */
function withoutEffect(thrown: unknown): unknown {
  if (!(thrown instanceof ProviderError) || thrown.effect === 'none') return thrown
  return new ProviderError(thrown.kind, 'none', thrown.message, { cause: thrown.cause })
}

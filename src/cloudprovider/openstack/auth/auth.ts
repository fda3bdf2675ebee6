import type { Millis } from '../../../core/model/primitives.ts'
import type { Clock } from '../../../core/ports/clock.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Log } from '../../../core/ports/log.ts'
import { unlessAborted } from '../../../lib/abort.ts'
import type { Credentials } from './credentials.ts'
import type { Http } from './http.ts'
import { requestToken, type Token } from './keystone.ts'

/** A token is renewed this long before it ends, or after four fifths of a short life. */
const EARLY_MS = 300_000
const EARLY_SHARE = 0.2
/** So that replicas which began together do not renew together. */
const JITTER_SHARE = 0.1
const TIMEOUT_MS = 6_000
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 900_000

export interface Login {
  readonly token: Token
  readonly credentials: Credentials
}

/** One token for all callers. */
export interface Session {
  /**
   * A token that is good now. `refused`: the id of one that a service has just answered 401 to; the callers who were
   * refused the same token share one re-authentication. Throws ProviderError `unauthorized` and, while Keystone does
   * not take the credentials, asks it ever less often.
   */
  login(signal: AbortSignal, refused?: string): Promise<Login>
}

export interface SessionOptions {
  readonly http: Http
  readonly clock: Clock
  readonly log: Log
  /** Read anew for every authentication, so that changed files count. */
  readonly load: () => Promise<Credentials>
  /** From 0 up to 1. */
  readonly random?: () => number
}

export function createSession({ http, clock, log, load, random = Math.random }: SessionOptions): Session {
  let current: (Login & { readonly renewAt: Millis; readonly endsAt: Millis }) | undefined
  let pending: Promise<Login> | undefined
  let refusal:
    | { readonly error: ProviderError; readonly until: Millis; readonly pauseMs: Millis; readonly key: string }
    | undefined

  async function authenticate(): Promise<Login> {
    const credentials = await load()
    const key = JSON.stringify(credentials)
    if (refusal !== undefined && refusal.key === key && clock.now() < refusal.until) throw refusal.error
    try {
      // Its own end: the caller who asked first may give up, the others still want the token.
      const token = await requestToken(http, credentials, AbortSignal.timeout(TIMEOUT_MS))
      refusal = undefined
      const early = Math.min(EARLY_MS, token.lifetimeMs * EARLY_SHARE) * (1 + random() * JITTER_SHARE)
      const endsAt = clock.now() + token.lifetimeMs
      current = { token, credentials, renewAt: endsAt - early, endsAt }
      log.debug({ lifetimeMs: token.lifetimeMs }, 'OpenStack token')
      return current
    } catch (thrown) {
      if (thrown instanceof ProviderError && thrown.kind === 'unauthorized') {
        const pauseMs = Math.min(LONGEST_PAUSE_MS, refusal === undefined ? FIRST_PAUSE_MS : refusal.pauseMs * 2)
        refusal = { error: thrown, until: clock.now() + pauseMs, pauseMs, key }
      }
      throw timedOut(thrown)
    }
  }

  function renew(): Promise<Login> {
    pending ??= authenticate().finally(() => {
      pending = undefined
    })
    return pending
  }

  return {
    async login(signal, refused) {
      signal.throwIfAborted()
      if (current !== undefined && current.token.id !== refused && clock.now() < current.renewAt) return current
      if (refused !== undefined && current?.token.id === refused) current = undefined
      const known = current
      try {
        return await unlessAborted(renew(), signal)
      } catch (thrown) {
        signal.throwIfAborted()
        // Renewed ahead of time: until it really ends the old one is still good.
        if (known !== undefined && known === current && clock.now() < known.endsAt) return known
        throw thrown
      }
    },
  }
}

function timedOut(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown.name !== 'TimeoutError') return thrown
  return new ProviderError('unavailable', 'none', `openstack: keystone: no answer in ${TIMEOUT_MS} ms`)
}

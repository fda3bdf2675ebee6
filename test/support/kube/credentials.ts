import { inspect } from 'node:util'
import type { Credentials } from '../../../src/kube/client/credentials.ts'
import { KubeError } from '../../../src/kube/client/http.ts'

export const SECRET = 'eyJ-very-secret'
/** Nothing listens there. */
export const CLOSED = 'http://127.0.0.1:1'

export function credentials(hosts: string[], change: Partial<Credentials> = {}): Credentials {
  const tls = { rejectUnauthorized: true }
  const headers = { authorization: `Bearer ${SECRET}` }
  return { hosts, headers: async () => headers, tls: async () => tls, refresh: () => undefined, ...change }
}

export async function failure(work: Promise<unknown>): Promise<KubeError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof KubeError) return thrown
  throw new Error(`expected a KubeError, got ${inspect(thrown)}`)
}

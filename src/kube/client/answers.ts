import { LedgerConflictError } from '../../core/ports/ledger.ts'
import { KubeError } from './http.ts'

/** Undefined instead of a KubeError of these statuses: what was asked for is not there (any more). */
export async function orGone<T>(answer: Promise<T>, statuses: readonly number[] = [404]): Promise<T | undefined> {
  try {
    return await answer
  } catch (thrown) {
    if (hasStatus(thrown, statuses)) return undefined
    throw thrown
  }
}

/** LedgerConflictError instead of a KubeError of these statuses: read again, then decide again. */
export async function orConflict<T>(answer: Promise<T>, statuses: readonly number[]): Promise<T> {
  try {
    return await answer
  } catch (thrown) {
    if (hasStatus(thrown, statuses)) throw new LedgerConflictError(`kube: ${thrown.message}`, { cause: thrown })
    throw thrown
  }
}

export function hasStatus(thrown: unknown, statuses: readonly number[]): thrown is KubeError {
  return thrown instanceof KubeError && statuses.includes(thrown.status)
}

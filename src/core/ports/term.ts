import type { Millis } from '../model/primitives.ts'

/** The election Lease is not ours any more: everything stops. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** One leader's term. Every act hangs on `signal`. */
export interface Term {
  readonly epoch: number
  readonly signal: AbortSignal
  /**
   * The fleet's fence: PUT of the Lease at the resourceVersion of our last renewal. Resolves with its end on our clock:
   * until then nobody else leads. Throws LeaseLostError on a conflict.
   */
  renew(signal: AbortSignal): Promise<Millis>
}

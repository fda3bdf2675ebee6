import type { Order, StepResult } from '../../src/core/model/order.ts'
import type { Json, Millis } from '../../src/core/model/primitives.ts'
import { type CloudProvider, ProviderError } from '../../src/core/ports/cloud-provider.ts'

const never = new AbortController().signal

/**
 * One attempt as the controller makes it: the first step, then whatever its answers name; after an error of unknown
 * effect only `recover`, until that has an answer. `pause` lets time pass between two calls.
 */
export async function driveAttempt(
  provider: CloudProvider,
  order: Order,
  pause: (ms: Millis) => Promise<void>,
): Promise<StepResult> {
  let cursor: Json | undefined
  let known = true
  for (let calls = 0; calls < 200; calls++) {
    try {
      const result = await (known ? provider.step([order], cursor, never) : provider.recover([order], cursor, never))
      if (result.state !== 'running') return result
      known = true
      cursor = result.cursor
      await pause(result.againMs)
    } catch (thrown) {
      if (!(thrown instanceof ProviderError)) throw thrown
      if (known && thrown.effect === 'none' && cursor === undefined) {
        return { state: 'failed', reason: thrown.message, effect: 'none' }
      }
      if (thrown.effect === 'maybe') known = false
      await pause(thrown.retryAfterMs ?? 5_000)
    }
  }
  return { state: 'failed', reason: 'NoEnd', effect: 'maybe' }
}

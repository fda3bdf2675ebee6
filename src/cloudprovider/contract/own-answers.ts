import { z } from 'zod'
import type { ProviderErrorKind } from '../../core/model/instance.ts'
import type { Json } from '../../core/model/primitives.ts'
import { RUNGS } from '../../core/model/rungs.ts'
import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { hideSecrets } from '../../lib/redact.ts'
import type { OwnCursor, OwnLook, OwnPerformed, OwnPlan } from './own-provider.ts'

const KINDS = [
  'not-found',
  'conflict',
  'throttled',
  'unauthorized',
  'unavailable',
  'invalid',
  'unsupported',
] as const satisfies readonly ProviderErrorKind[]

export const Cursor: z.ZodType<OwnCursor> = z.strictObject({
  at: z.string().min(1),
  id: z.string().exactOptional(),
  data: z.json().exactOptional() as z.ZodType<Json>,
})

const Replacement = z.object({
  instance: z.object({ id: z.string().min(1), name: z.string(), group: z.string().exactOptional() }),
  nodeName: z.string().exactOptional(),
})

const Next = z.union([
  z.object({
    act: Cursor,
    first: z.enum(['now', 'named']).exactOptional(),
    inMs: z.number().min(0).exactOptional(),
  }),
  z.object({ state: z.literal('running'), cursor: Cursor, againMs: z.number().min(0) }),
  z.object({ state: z.literal('done'), replacement: Replacement.exactOptional() }),
  z.object({ state: z.literal('failed'), reason: z.string().min(1), effect: z.enum(['none', 'maybe']) }),
])

export const Look: z.ZodType<OwnLook> = z.object({ next: Next, undo: Next.exactOptional() })
export const Performed: z.ZodType<OwnPerformed> = z.object({ cursor: Cursor.exactOptional() })
export const Plans: z.ZodType<readonly OwnPlan[]> = z.array(
  z.object({
    rung: z.enum(RUNGS),
    verdict: z.enum(['ok', 'skip', 'hold']),
    reason: z.string().exactOptional(),
    message: z.string().exactOptional(),
    lockKey: z.string().min(1).exactOptional(),
  }),
)

const Told = z.object({
  kind: z.enum(KINDS).catch('unavailable'),
  message: z.string().catch(''),
  retryAfterMs: z.number().min(0).optional().catch(undefined),
})

/** An error that a program or a module has told of; whatever it did not say is made up. */
export function errorOf(what: string, effect: 'none' | 'maybe', told: unknown, instead = ''): ProviderError {
  const { kind, message, retryAfterMs } = Told.catch({
    kind: 'unavailable',
    message: '',
    retryAfterMs: undefined,
  }).parse(told)
  const text = hideSecrets(`${what}: ${message === '' ? instead : message}`)
  return new ProviderError(kind, effect, text, retryAfterMs === undefined ? {} : { retryAfterMs })
}

import { z } from 'zod'
import { RUNGS } from '../../core/model/rungs.ts'

const InstanceRef = z.object({ id: z.string().min(1), name: z.string(), group: z.string().optional() })

/** A cursor is stored, so it must be JSON and nothing else. */
const Cursor = z.unknown().refine((value) => isJson(value), { error: 'not JSON' })

const Located = z.union([
  z.object({ found: InstanceRef }),
  z.object({ gone: z.literal(true), slot: z.boolean() }),
  z.object({ mismatch: z.string() }),
  z.object({ ambiguous: z.string() }),
])

const InstanceState = z.object({
  ref: InstanceRef,
  power: z.enum(['running', 'off', 'paused', 'error', 'moving', 'unknown']),
  provenStopped: z.boolean(),
  task: z.string().optional(),
  fault: z.string().optional(),
  bootMark: z.string().optional(),
})

const RungPlans = z.array(
  z.object({
    rung: z.enum(RUNGS),
    verdict: z.enum(['ok', 'skip', 'hold']),
    reason: z.string(),
    message: z.string().optional(),
    lockKey: z.string(),
    batchKey: z.string().optional(),
  }),
)

const StepResult = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), cursor: Cursor, againMs: z.number().min(0) }),
  z.object({
    state: z.literal('done'),
    replacement: z.object({ instance: InstanceRef, nodeName: z.string().optional() }).optional(),
  }),
  z.object({ state: z.literal('failed'), reason: z.string(), effect: z.enum(['none', 'maybe']) }),
])

/** What each call of a provider may answer. The types of core/ports.ts say the same, to those who are compiled. */
export const ANSWERS = {
  locate: Located,
  inspect: InstanceState,
  plan: RungPlans,
  capture: z.object({ summary: z.string(), console: z.string().optional() }),
  step: StepResult,
  switch: z.object({ on: z.boolean(), reason: z.string() }),
} as const

/** Why this is no answer to that call; undefined when it is one. */
export function answerFault(call: keyof typeof ANSWERS, answer: unknown): string | undefined {
  const parsed = ANSWERS[call].safeParse(answer)
  if (parsed.success) return undefined
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return `${where}${issue?.message ?? 'another shape'}`
}

function isJson(value: unknown): boolean {
  if (value === undefined) return false
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false // cycles and bigints can't be stored
  }
}

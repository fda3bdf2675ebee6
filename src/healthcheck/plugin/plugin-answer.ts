import { z } from 'zod'
import type { EvidenceSource } from '../../core/model/finding.ts'
import type { CheckAnswer } from './check-module.ts'
import { type CheckResult, checkResult, clip } from './check-result.ts'

const PLANES: readonly EvidenceSource[] = ['kubelet', 'lease', 'probe', 'cloud', 'alert']
const DEFAULT_REASONS = { pass: 'Ok', fail: 'CheckFailing', unknown: 'CheckUnknown' } as const

/** What an out-of-tree check says of one node. Further keys are for later versions and ignored. */
export const PluginAnswer: z.ZodType<CheckAnswer> = z.object({
  status: z.enum(['pass', 'fail', 'unknown']),
  reason: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]{0,63}$/, { error: 'not PascalCase of at most 64 letters and digits' })
    .optional(),
  message: z.string().optional(),
})

/** What an out-of-tree check speaks for: heald can't know. */
export const speaksFor = {
  plane: z.enum(PLANES).default('probe').describe('the independent source that this check is evidence from'),
  symptom: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9:._-]{0,63}$/, { error: 'not PascalCase of at most 64 characters' })
    .optional()
    .describe('what is wrong when it fails, equal for checks that see the same; default: the name of the check'),
}

/** Anything at all that a plugin answered, as a finding: what is no answer is `unknown`. */
export function readAnswer(answer: unknown): CheckResult {
  const parsed = PluginAnswer.safeParse(answer)
  if (!parsed.success) return checkResult('unknown', 'PluginGarbage', z.prettifyError(parsed.error))
  const { status, reason = DEFAULT_REASONS[status], message } = parsed.data
  return checkResult(status, reason, message === undefined ? undefined : clip(message))
}

import { z } from 'zod'
import { type Condition, KUBELET_CONDITIONS, type NodeFacts } from '../core/model/node.ts'
import { durationText, toMs } from '../lib/schema/duration.ts'
import { ageOf, type ConditionAge } from './condition-age.ts'
import { type ConditionValues, healthyStatus } from './condition-polarity.ts'
import { type CheckResult, checkResult, clip } from './plugin/check-result.ts'
import { commonParams } from './plugin/params.ts'
import { definePlugin } from './plugin/plugin.ts'

const Status = z.enum(['True', 'False', 'Unknown'])
const REASON = /^[A-Za-z]\w{0,63}$/
/** Judges the conditions in a node's status. A condition that is missing says nothing. */
export const nodeCondition = definePlugin({
  type: 'NodeCondition',
  kind: 'judge',
  options: z
    .strictObject({
      ...commonParams,
      types: z.array(z.string().min(1)).min(1).default(['Ready']).describe('condition types, case-sensitive'),
      okValues: z
        .array(Status)
        .min(1)
        .optional()
        .describe('healthy values of all types; default True for those named Ready, False for those that heald knows'),
      errorValues: z.array(Status).min(1).optional().describe('unhealthy values, instead of okValues'),
      conditionMaxAge: durationText()
        .default('10m')
        .describe(
          "a condition that is not the kubelet's and was not refreshed for so long is unknown; 0 = it stands for ever",
        ),
    })
    .refine(({ okValues, errorValues }) => okValues === undefined || errorValues === undefined, {
      error: 'okValues and errorValues exclude each other; keep one',
      path: ['errorValues'],
    })
    .superRefine(({ types, okValues, errorValues }, context) => {
      if (okValues !== undefined || errorValues !== undefined) return
      for (const [at, type] of types.entries()) {
        if (healthyStatus(type) !== undefined) continue
        const message = `the name ${clip(type, 60)} does not say which value is healthy; put it into a check of its own with okValues: ["True"] or ["False"]`
        context.addIssue({ code: 'custom', message, path: ['types', at] })
      }
    }),
  create: (base, options) => {
    const { types } = options
    const maxAgeMs = toMs(options.conditionMaxAge)
    return {
      ...base,
      kind: 'judge',
      plane: 'kubelet',
      symptom: types.includes('Ready') ? 'NotReady' : symptomOf(types[0] ?? 'Ready'),
      judge(facts, _ageMs, now, calendar) {
        const ages = types.map((type) => ageOf(facts, type, { maxAgeMs, calendar }))
        const result = judge(facts, types, options, ages)
        const leftMs = Math.min(...ages.map((age) => (age.state === 'fresh' ? age.leftMs : Number.POSITIVE_INFINITY)))
        return { ...result, seenAt: now, ...(Number.isFinite(leftMs) ? { changesAt: now + leftMs } : {}) }
      },
    }
  },
})

/** The first failing type decides, then the first that is unknown. */
function judge(
  facts: NodeFacts,
  types: readonly string[],
  rules: ConditionValues,
  ages: readonly ConditionAge[],
): CheckResult {
  let worst = checkResult('pass', 'ConditionsOk')
  for (const [index, type] of types.entries()) {
    const age = ages[index]
    const seen =
      age?.state === 'stale' ? checkResult('unknown', 'ConditionStale', age.why) : judgeOne(facts, type, rules)
    if (seen.status === 'fail') return seen
    if (seen.status === 'unknown' && worst.status === 'pass') worst = seen
  }
  return worst
}

function judgeOne(facts: NodeFacts, type: string, rules: ConditionValues): CheckResult {
  const condition = facts.conditions.find((candidate) => candidate.type === type)
  if (condition === undefined) return checkResult('unknown', 'NoSuchCondition', `the node has no condition ${type}`)
  const verdict = verdictOn(condition, rules)
  if (verdict === 'pass') return checkResult('pass', 'ConditionsOk')

  const { status, reason, message } = condition
  const silent = status === 'Unknown' && KUBELET_CONDITIONS.has(type)
  return {
    status: verdict,
    reason: reason !== undefined && REASON.test(reason) ? reason : `${clip(type, 60)}${status}`,
    message: clip(`${type}=${status}: ${message ?? 'no message'}`),
    plane: silent ? 'lease' : 'kubelet',
    symptom: silent ? 'Silent' : symptomOf(type),
  }
}

function verdictOn({ type, status }: Condition, { okValues, errorValues }: ConditionValues): CheckResult['status'] {
  if (okValues !== undefined) return okValues.includes(status) ? 'pass' : 'fail'
  if (errorValues?.includes(status)) return 'fail'
  if (errorValues !== undefined) return status === 'Unknown' ? 'unknown' : 'pass'
  // Of another type its writer says by Unknown that he could not look.
  if (status === 'Unknown') return KUBELET_CONDITIONS.has(type) ? 'fail' : 'unknown'
  return status === healthyStatus(type) ? 'pass' : 'fail'
}

function symptomOf(type: string): string {
  return type === 'Ready' ? 'NotReady' : `Condition:${type}`
}

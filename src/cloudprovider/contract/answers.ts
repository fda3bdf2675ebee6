import { z } from 'zod'
import type * as Model from '../../core/model/instance.ts'
import type { Replacement as ModelReplacement, StepResult as ModelStepResult } from '../../core/model/order.ts'
import { type RungPlan as ModelRungPlan, RUNGS } from '../../core/model/rungs.ts'
import type { CloudProvider, Examined } from '../../core/ports/cloud-provider.ts'

/** The calls of the contract. */
export type Call = Exclude<keyof CloudProvider, 'name'>

/** Every member of the type and no other: a schema that forgets one does not compile. */
type Shape<T> = Readonly<Record<keyof T, z.ZodType>>

const InstanceRef = z.object({
  id: z.string().min(1),
  name: z.string(),
  group: z.string().optional(),
} satisfies Shape<Model.InstanceRef>)

const POWERS = ['running', 'off', 'paused', 'error', 'moving', 'unknown'] as const satisfies readonly Model.Power[]

/** A cursor is stored, so it must be JSON and nothing else. */
const Cursor = z.unknown().refine((value) => isJson(value), { error: 'not JSON' })

const InstanceState = z.object({
  ref: InstanceRef,
  power: z.enum(POWERS),
  provenStopped: z.boolean(),
  task: z.string().optional(),
  fault: z.string().optional(),
  bootMark: z.string().optional(),
} satisfies Shape<Model.InstanceState>)

const Gone = {
  gone: z.literal(true),
  slot: z.boolean(),
  state: InstanceState.optional(),
} satisfies Shape<Extract<Model.Located, { gone: true }>>

const Located = z.union([
  z.object({ found: InstanceRef }),
  z.object(Gone),
  z.object({ mismatch: z.string() }),
  z.object({ ambiguous: z.string() }),
])

const Member = z.object({
  ref: InstanceRef,
  role: z.enum(['master', 'worker']),
  power: z.enum([...POWERS, 'gone']),
  nodeName: z.string().min(1),
  addresses: z.array(z.string()),
} satisfies Shape<Model.Member>)

const RungPlan = z.object({
  rung: z.enum(RUNGS),
  verdict: z.enum(['ok', 'skip', 'hold']),
  reason: z.string(),
  message: z.string().optional(),
  lockKey: z.string(),
  batchKey: z.string().optional(),
} satisfies Shape<ModelRungPlan>)

const Replacement = z.object({
  instance: InstanceRef,
  nodeName: z.string().optional(),
} satisfies Shape<ModelReplacement>)

const Running = {
  state: z.literal('running'),
  cursor: Cursor,
  againMs: z.number().min(0),
} satisfies Shape<Extract<ModelStepResult, { state: 'running' }>>

const Done = {
  state: z.literal('done'),
  replacement: Replacement.optional(),
  replacements: z.record(z.string(), Replacement).optional(),
} satisfies Shape<Extract<ModelStepResult, { state: 'done' }>>

const Failed = {
  state: z.literal('failed'),
  reason: z.string(),
  effect: z.enum(['none', 'maybe']),
} satisfies Shape<Extract<ModelStepResult, { state: 'failed' }>>

const StepResult = z.discriminatedUnion('state', [z.object(Running), z.object(Done), z.object(Failed)])

/** What each call of a provider may answer. The types of core/ports/cloud-provider.ts say the same, to those who are compiled. */
const ANSWERS = {
  members: z.union([z.object({ members: z.array(Member) }), z.object({ unsure: z.string() })]),
  notOurs: z.string().min(1).optional(),
  locate: Located,
  inspect: InstanceState,
  plan: z.array(RungPlan),
  capture: z.object({ summary: z.string(), console: z.string().optional() } satisfies Shape<Model.Evidence>),
  step: StepResult,
  recover: StepResult,
  abandon: StepResult,
  switch: z.object({ on: z.boolean(), reason: z.string() } satisfies Shape<Model.SwitchState>),
  examine: z.array(
    z.object({
      what: z.string(),
      state: z.enum(['ok', 'warning', 'failed']),
      message: z.string(),
      again: z.boolean().optional(),
    } satisfies Shape<Examined>),
  ),
  /** Nobody looks at these. */
  forget: z.unknown(),
  report: z.unknown(),
} as const satisfies Readonly<Record<Call, z.ZodType>>

/** Why this is no answer to that call; undefined when it is one. */
export function answerFault(call: Call, answer: unknown): string | undefined {
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

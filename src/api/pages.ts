import { z } from 'zod'
import { RUNGS } from '../core/model/rungs.ts'

const Rung = z.enum(RUNGS)

/** JSON has no infinity: a number that never comes is null. */
const Maybe = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined)

/** What /why/NODE answers. `now` is the clock of `changesAt`. */
export const WhyPage = z.object({
  node: z.string(),
  kind: z.enum(['unknown-node', 'healthy', 'watch', 'hold', 'repair']),
  summary: z.string(),
  rung: z.union([Rung, z.literal('human')]).optional(),
  gates: z.array(
    z.object({
      gate: z.string(),
      pass: z.boolean(),
      reason: z.string(),
      message: z.string(),
      have: z.json(),
      need: z.json(),
      changesAt: Maybe,
    }),
  ),
  checks: z.array(
    z.object({
      check: z.string(),
      status: z.string(),
      reason: z.string(),
      failingForMs: Maybe,
      needMs: z.number(),
    }),
  ),
  repair: z.object({ name: z.string(), phase: z.string(), reason: z.string(), message: z.string() }).optional(),
  changes: z.array(z.string()),
  now: Maybe,
})
export type WhyPage = z.output<typeof WhyPage>

const Pause = z.object({ reason: z.string(), until: z.string() })

/** What /status answers, as far as the table shows it. */
export const StatusPage = z.object({
  version: z.string(),
  leader: z.object({
    leading: z.boolean(),
    holder: z.string().optional(),
    epoch: z.number().optional(),
    standingAside: z.boolean().optional(),
  }),
  config: z.object({
    lastGoodAt: z.string().optional(),
    error: z.string().optional(),
    afterRestart: z.array(z.string()).default([]),
  }),
  switches: z.object({
    dryRun: z.boolean(),
    stopFile: z.boolean(),
    paused: z.union([z.literal(false), Pause]),
    pools: z.record(z.string(), Pause),
    nodes: z.record(z.string(), Pause),
    cloud: z.union([z.string(), z.object({ on: z.boolean(), reason: z.string() })]),
  }),
  sight: z.object({
    blindSince: z.string().optional(),
    blindSource: z.string().optional(),
    clockSkewMs: z.number(),
    cloud: z.string(),
    ledger: z.string(),
  }),
  nodes: z.array(z.object({ role: z.string(), state: z.string(), count: z.number() })),
  suspects: z.array(
    z.object({
      node: z.string(),
      verdict: z.string(),
      rung: z.string().optional(),
      heldBy: z.array(z.object({ gate: z.string(), reason: z.string(), message: z.string() })),
    }),
  ),
  repairs: z.array(
    z.object({
      name: z.string(),
      node: z.string(),
      phase: z.string(),
      rung: z.string().optional(),
      attempts: z.number(),
      reason: z.string().optional(),
    }),
  ),
})
export type StatusPage = z.output<typeof StatusPage>

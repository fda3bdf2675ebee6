import { z } from 'zod'
import type { Json } from '../core/model/primitives.ts'
import { RUNGS } from '../core/model/rungs.ts'
import { EXPLANATIONS, VERDICTS } from '../core/model/view.ts'

const Rung = z.enum([...RUNGS, 'human'])
const Value: z.ZodType<Json> = z.json()

/** JSON has no infinity: a number that never comes is null. */
const Maybe = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined)

const Request = z.object({
  reason: z.string(),
  /** RFC 3339. */
  until: z.string(),
  rung: z.enum(RUNGS).optional(),
  by: z.string().optional(),
})

/** What /why/NODE answers. `now` is the clock of `changesAt`. */
export const WhyPage = z.object({
  node: z.string(),
  kind: z.enum(EXPLANATIONS),
  summary: z.string(),
  rung: Rung.optional(),
  gates: z
    .array(
      z.object({
        gate: z.string(),
        pass: z.boolean(),
        reason: z.string(),
        message: z.string(),
        have: Value,
        need: Value,
        changesAt: Maybe,
      }),
    )
    .readonly(),
  checks: z
    .array(
      z.object({
        check: z.string(),
        status: z.string(),
        reason: z.string(),
        message: z.string().optional(),
        failingForMs: Maybe,
        needMs: z.number(),
      }),
    )
    .readonly(),
  repair: z.object({ name: z.string(), phase: z.string(), reason: z.string(), message: z.string() }).optional(),
  changes: z.array(z.string()).readonly(),
  /** The rungs that the configuration allows for the node's role; empty where the node is not known. */
  ladder: z.array(z.enum(RUNGS)).readonly().default([]),
  /** What a person asks for now, or asked for of its last repair. */
  request: Request.optional(),
  now: Maybe,
  /** Who leads, where it is not the replica that answers. Empty: nobody. */
  leader: z.string().optional(),
})
/** What the command line reads. */
export type WhyPage = z.output<typeof WhyPage>
/** What the server answers, before JSON. */
export type WhyAnswer = z.input<typeof WhyPage>

const Pause = z.object({ reason: z.string(), until: z.string() })

/** What /status answers. */
export const StatusPage = z.object({
  version: z.string(),
  /** RFC 3339, by the API server's clock. */
  now: z.string(),
  leader: z.object({
    leading: z.boolean(),
    holder: z.string().optional(),
    epoch: z.number().optional(),
    standingAside: z.boolean().optional(),
  }),
  config: z.object({
    lastGoodAt: z.string().optional(),
    error: z.string().optional(),
    afterRestart: z.array(z.string()).readonly().default([]),
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
  nodes: z.array(z.object({ role: z.string(), state: z.string(), count: z.number() })).readonly(),
  suspects: z
    .array(
      z.object({
        node: z.string(),
        verdict: z.enum(VERDICTS),
        rung: Rung.optional(),
        heldBy: z.array(z.object({ gate: z.string(), reason: z.string(), message: z.string() })).readonly(),
      }),
    )
    .readonly(),
  /** Repairs that people ask for, and by which nothing was done yet. */
  requests: z
    .array(Request.extend({ node: z.string() }))
    .readonly()
    .default([]),
  /** Machines that no Node stands for. */
  missing: z
    .array(
      z.object({
        name: z.string(),
        instance: z.string(),
        group: z.string().optional(),
        role: z.string(),
        power: z.string(),
        symptom: z.string(),
        /** RFC 3339. */
        since: z.string(),
      }),
    )
    .readonly()
    .default([]),
  repairs: z
    .array(
      z.object({
        name: z.string(),
        node: z.string(),
        phase: z.string(),
        rung: Rung.optional(),
        attempts: z.number(),
        reason: z.string().optional(),
      }),
    )
    .readonly(),
})
export type StatusPage = z.output<typeof StatusPage>
export type StatusAnswer = z.input<typeof StatusPage>

import { decide } from '../../core/decide.ts'
import type { Effect, Wait } from '../../core/model/effects.ts'
import type { NodeRepair } from '../../core/model/node-repair.ts'
import { isOpen } from '../../core/model/node-repair.ts'
import { refsOf } from '../../core/model/object-ref.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Decision, Verdict, View } from '../../core/model/view.ts'
import { needsOtherLeader } from '../../core/repair/hand-over.ts'
import { dryRunRepair, isStandInOver, newRepair, wantsRepair } from '../../core/repair/new-repair.ts'
import { advanceAll } from '../../core/repair/phases/advance-all.ts'
import { runTimers } from '../../core/repair/repair-timers.ts'
import { asError } from '../../lib/errors.ts'
import { runEffect } from './effect.ts'
import { asTold, type TermContext, tellOf } from './term-context.ts'

const LONGEST_BACKOFF_MS = 30_000

export interface RoundOptions {
  readonly publish: (view: View, decision: Decision) => void
  /** Called when an effect has ended. */
  readonly wake: () => void
  /** Dry-run's stand-ins, by name; part of the view. */
  readonly virtual: Map<string, NodeRepair>
}

export interface RoundResult {
  /** What the round has looked at. */
  readonly view: View
  readonly wakeAt: Millis | undefined
  /** The leader's own node is due: another leader must do it. */
  readonly handOver: boolean
}

/** Looks at one view and does what it says. While the open repairs are not sealed, it looks only. */
export async function runRound(
  context: TermContext,
  options: RoundOptions,
  sealed: boolean,
  elapsedMs: Millis,
): Promise<RoundResult> {
  const { clock, slots } = context
  const now = clock.now()
  const seen = context.view()
  const dropped = dropVirtual(options.virtual, seen)
  for (const repair of seen.repairs.values()) if (isOpen(repair)) slots.of(repair)
  slots.setTimers(runTimers(slots.timers(), seen, context.policy(), elapsedMs))
  const view = dropped ? context.view() : { ...seen, timers: slots.timers() }
  const decision = decide(view, context.policy())
  options.publish(view, decision)
  const moments = [decision.wakeAt]
  if (sealed) {
    for (const [name, next] of advanceAll(view, context.policy(), decision.verdicts)) {
      const repair = view.repairs.get(name)
      if (repair !== undefined) moments.push(goOn(context, options, repair, next))
    }
  }
  for (const verdict of sealed || view.switches.dryRun ? wanted(decision) : []) {
    if (await startNew(context, options, verdict, view).catch(openFailed(context, verdict))) moments.push(now)
  }
  const known = moments.filter((moment): moment is Millis => moment !== undefined && Number.isFinite(moment))
  return {
    view,
    wakeAt: known.length === 0 ? undefined : Math.min(...known),
    handOver: needsOtherLeader(view, decision),
  }
}

/** Starts the repair's next effect; returns when to look again. */
function goOn(
  context: TermContext,
  options: RoundOptions,
  repair: NodeRepair,
  next: Effect | Wait,
): Millis | undefined {
  const { clock, term, slots } = context
  if ('wait' in next) {
    if (next.gatherUntil !== undefined) slots.of(repair).gatherUntil = next.gatherUntil
    if (next.notBefore !== undefined) slots.of(repair).notBefore = next.notBefore
    return clock.now() + next.wait
  }
  const slot = slots.of(repair)
  // It has just begun something together with another one.
  if (slot.busy !== undefined) return undefined
  slot.busy = runEffect(context, repair, next)
    .then(() => {
      slot.failures = 0
    })
    .catch((thrown: unknown) => {
      if (term.signal.aborted) return
      slot.failures += 1
      slot.notBefore = clock.now() + Math.min(LONGEST_BACKOFF_MS, 1_000 * 2 ** slot.failures)
      const message = `${repair.name}: ${next.do}: ${asError(thrown).message}`
      context.tell({
        ...asTold(thrown, 'EffectFailed', slot.failures),
        message,
        regarding: refsOf(repair.spec.nodeName, repair.name),
      })
    })
    .finally(() => {
      slot.busy = undefined
      options.wake()
    })
  return undefined
}

/** Asked before anything is awaited: 15,000 suspects that nobody repairs must not cost as many promises. */
function wanted({ verdicts }: Decision): readonly Verdict[] {
  const found: Verdict[] = []
  verdicts.forEach((verdict) => {
    if (wantsRepair(verdict)) found.push(verdict)
  })
  return found
}

async function startNew(context: TermContext, options: RoundOptions, verdict: Verdict, view: View): Promise<boolean> {
  const opener = { provider: context.provider.name, policyHash: context.policy().hash }
  if (!view.switches.dryRun) {
    const fresh = newRepair(verdict.node, view, opener)
    if (fresh === undefined) return true
    tellOf(context, await context.records.open(fresh.name, fresh.spec, context.term.signal), fresh.said)
    return true
  }
  const stand = dryRunRepair(verdict.node, view, opener)
  if (stand === undefined) return false
  options.virtual.set(stand.name, stand)
  context.tell({
    level: 'info',
    reason: 'WouldRepair',
    message: `dry-run: ${verdict.node} would be repaired by ${verdict.rung ?? 'nothing'}`,
    regarding: refsOf(verdict.node),
    event: 'Normal',
  })
  return false
}

/** What could not be opened must not keep the round from its end. */
function openFailed({ tell, term }: TermContext, { node }: Verdict): (thrown: unknown) => false {
  return (thrown) => {
    term.signal.throwIfAborted()
    tell({
      level: 'warn',
      reason: 'OpenFailed',
      message: `${node}: ${asError(thrown).message}`,
      regarding: refsOf(node),
    })
    return false
  }
}

/** True when one was dropped. */
function dropVirtual(virtual: Map<string, NodeRepair>, view: View): boolean {
  const before = virtual.size
  for (const [name, repair] of virtual) if (isStandInOver(repair, view)) virtual.delete(name)
  return virtual.size < before
}

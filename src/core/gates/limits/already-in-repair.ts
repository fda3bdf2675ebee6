import type { NodeRepair } from '../../model/node-repair.ts'
import { isUntouched, phaseOf, runningAttempt } from '../../model/node-repair.ts'
import type { GateResult, View } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'
import { wantsAttempt } from '../../round/round.ts'

const NAME = 'AlreadyInRepair'
const OK = ok(NAME)
const NONE: readonly never[] = []

/** One open repair per node and per machine. A repair's own next attempt passes. */
export const alreadyInRepair: Gate = {
  name: NAME,
  begin(round) {
    const byInstance = openByInstance(round)
    const withdrawn = deletedByNode(round)
    return (subject) => {
      const { repair, node, detail } = subject
      const deleted = withdrawn.get(node.name)
      if (deleted !== undefined) return beingUndone(deleted)
      if (repair !== undefined && !wantsAttempt(repair)) return busy(repair)
      const other = otherOf(round, subject, byInstance)
      if (other !== undefined) {
        const message = `this machine is already in repair as ${other.spec.nodeName} (${other.name}, ${phaseOf(other)})`
        return no(NAME, { reason: 'InstanceInRepair', message, have: other.name, need: null })
      }
      if (!detail) return OK
      return yes(
        NAME,
        repair === undefined ? `${node.name} has no open repair` : `its own repair ${repair.name} goes on`,
        repair?.name ?? null,
      )
    }
  },
}

function busy(repair: NodeRepair): GateResult {
  const phase = phaseOf(repair)
  const rung = runningAttempt(repair)?.rung ?? repair.status?.rung
  const have = { repair: repair.name, phase }
  if (phase === 'Parked') {
    const message = `its repair ${repair.name} waits for a person: ${repair.status?.message ?? repair.status?.reason ?? 'no rung is left'}; \`heald resume ${repair.spec.nodeName}\` gives the node back`
    return no(NAME, { reason: 'Parked', message, have })
  }
  const act = rung === undefined ? '' : `, ${rung}`
  return no(NAME, {
    reason: 'AlreadyInRepair',
    message: `its repair ${repair.name} is under way (${phase}${act})`,
    have,
  })
}

/** Finished or not: until it is gone, what it has done is not written down elsewhere. */
function deletedByNode({ view }: Round): ReadonlyMap<string, NodeRepair> {
  const found = new Map<string, NodeRepair>()
  for (const repair of view.repairs.values()) if (repair.deleting) found.set(repair.spec.nodeName, repair)
  return found
}

function beingUndone(repair: NodeRepair): GateResult {
  const message = `a person deleted its repair ${repair.name}; it is being undone`
  return no(NAME, { reason: 'Withdrawn', message, have: { repair: repair.name, phase: phaseOf(repair) } })
}

function otherOf(
  { open }: Round,
  { repair, instance, node }: Candidate,
  byInstance: ReadonlyMap<string, readonly NodeRepair[]>,
): NodeRepair | undefined {
  const located = instance?.located
  if (byInstance.size > 0 && located !== undefined && 'found' in located) {
    for (const other of byInstance.get(located.found.id) ?? NONE) if (other.name !== repair?.name) return other
  }
  return repair === undefined ? undefined : youngerOf(repair, node.name, open)
}

/** Two open repairs of one node: the older one goes on, unless the younger one acts already. */
function youngerOf(repair: NodeRepair, node: string, open: readonly NodeRepair[]): NodeRepair | undefined {
  return open.find((other) => other !== repair && other.spec.nodeName === node && runningAttempt(other) !== undefined)
}

/** A machine that the repair only names, and that its Node is not, is none that heald has its hands on. */
function isOfItsMachine(repair: NodeRepair, view: View): boolean {
  if (!isUntouched(repair)) return true
  const located = view.instances.get(repair.spec.nodeName)?.located
  return located !== undefined && 'found' in located && located.found.id === repair.spec.instance?.id
}

function openByInstance({ open, view }: Round): ReadonlyMap<string, readonly NodeRepair[]> {
  const found = new Map<string, NodeRepair[]>()
  for (const repair of open) {
    if (!isOfItsMachine(repair, view)) continue
    const ids = new Set([repair.spec.instance?.id, repair.status?.replacement?.instance.id])
    for (const id of ids) if (id !== undefined && id !== '') found.set(id, [...(found.get(id) ?? []), repair])
  }
  return found
}

import { formatDuration } from '../../../lib/pure/duration.ts'
import { foreignOwner, hasUnreadableMarks, MARKS_ANNOTATION, readMarks } from '../../annotations/marks.ts'
import { ACTOR_ANNOTATIONS, ACTOR_TAINTS, type ActorMark } from '../../annotations/other-actor-marks.ts'
import type { NodeFacts } from '../../model/node.ts'
import { isOpen, isProvenUnsent, isUntouched, type NodeRepair, ownerOf, phaseOf } from '../../model/node-repair.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { beganAt } from '../../round/correlation.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'

const NAME = 'OtherActor'
const OK = ok(NAME)

/** A node that boots again and again is waited for no longer than this. */
const HANDS_MS = 3_600_000

/** Somebody else has the node in hand: a person, an autoscaler, an upgrade, the cloud itself. */
export const otherActor: Gate = {
  name: NAME,
  begin(round) {
    const { owner, others } = round.view.installation
    const theirs = new Map([...others.values()].filter(isOpen).map((repair) => [repair.spec.nodeName, repair]))
    return (subject) => anotherHeald(subject, owner, theirs) ?? judge(round, subject)
  },
}

/** Two healds that each look after all nodes would undo what the other does. */
function anotherHeald(
  { node, repair: ours }: Candidate,
  owner: string,
  theirs: ReadonlyMap<string, NodeRepair>,
): GateResult | undefined {
  const open = theirs.size === 0 ? undefined : theirs.get(node.name)
  const repair = open !== undefined && ours !== undefined && goesFirst(ours, open) ? undefined : open
  const other = repair === undefined ? foreignOwner(node, owner) : ownerOf(repair.spec)
  if (other === undefined) return undefined
  const what =
    repair === undefined ? 'has marked the node as its own' : `has it in repair (${repair.name}, ${phaseOf(repair)})`
  return no(NAME, {
    reason: 'AnotherHeald',
    message: `another heald, Lease ${other}, ${what}`,
    have: other,
    need: owner,
  })
}

/** Two that were opened at the same time must not wait for each other: both say that the older one goes on. */
function goesFirst(ours: NodeRepair, theirs: NodeRepair): boolean {
  if (!isUntouched(theirs)) return false
  if (ours.createdAt !== theirs.createdAt) return ours.createdAt < theirs.createdAt
  return ownerOf(ours.spec) < ownerOf(theirs.spec)
}

function judge(round: Round, subject: Candidate): GateResult {
  const { node, instance, detail } = subject
  if (node.deleting) {
    return no(NAME, { reason: 'NodeDeleting', message: 'the Node object is being deleted', have: true, need: false })
  }
  const mark = findMark(node)
  if (mark !== undefined) {
    return no(NAME, { reason: mark.reason, message: `${mark.actor} (${mark.key})`, have: mark.key })
  }
  const { inHands } = node
  if (inHands !== undefined) {
    const message = `the node carries the ${inHands}, by which otherActors of the configuration knows that somebody else has it in hand`
    return no(NAME, { reason: 'ConfiguredActor', message, have: inHands })
  }
  const task = instance?.state?.task ?? (instance?.state?.power === 'moving' ? 'moving' : undefined)
  if (task !== undefined) {
    return no(NAME, {
      reason: 'CloudTask',
      message: `the cloud is at work on the machine (${task}); it is waited for`,
      have: task,
    })
  }
  return (
    cordoned(round, subject) ?? booted(round, subject) ?? (detail ? yes(NAME, 'nobody else has the node in hand') : OK)
  )
}

function findMark({ taints, annotations }: NodeFacts): (ActorMark & { readonly key: string }) | undefined {
  for (const { key } of taints) {
    const mark = own(ACTOR_TAINTS, key) ?? own(ACTOR_TAINTS, key.slice(0, key.indexOf('/') + 1))
    if (mark !== undefined) return { ...mark, key }
  }
  for (const key in annotations) {
    const mark = own(ACTOR_ANNOTATIONS, key)
    if (mark === undefined) continue
    const value = annotations[key]
    if (mark.value === undefined ? value !== 'false' : value === mark.value) return { ...mark, key }
  }
  return undefined
}

/** A node may carry any key, those of Object.prototype too. */
function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}

function cordoned({ view, policy }: Round, subject: Candidate): GateResult | undefined {
  const { node, suspicion } = subject
  if (hasUnreadableMarks(node)) {
    const have = (node.annotations[MARKS_ANNOTATION] ?? '').slice(0, 256)
    const message = `the annotation ${MARKS_ANNOTATION} is unreadable, so nobody knows whose cordon this is; remove it, or uncordon the node`
    return no(NAME, { reason: 'MarksUnreadable', message, have })
  }
  if (!node.unschedulable || readMarks(node)?.cordon === true || policy.actOnCordoned) return undefined
  const since = suspicion?.cordonedSince ?? Number.NEGATIVE_INFINITY
  const began = beganAt(subject, view)
  if (began !== undefined && since >= began) return undefined
  const ago = Number.isFinite(since) ? `${formatDuration(view.now - since)} ago` : 'before heald first saw it'
  const message = `somebody cordoned the node ${ago}, before it failed; uncordon it, or set actOnCordoned, to have it healed`
  return no(NAME, {
    reason: 'CordonedByOther',
    message,
    have: { cordonedBeforeFailing: true },
    need: { cordonedBeforeFailing: false },
  })
}

/** It boots, and not by our hand: somebody is at work on it, and it gets the time that a new node gets. */
function booted({ view, policy }: Round, subject: Candidate): GateResult | undefined {
  const { instance, repair } = subject
  const bootedAfter = instance?.bootedAfter
  const began = beganAt(subject, view)
  const acted = repair?.status?.attempts.some((attempt) => !isProvenUnsent(attempt)) ?? false
  if (bootedAfter === undefined || began === undefined || bootedAfter < began || acted) return undefined
  const until = Math.min(bootedAfter + policy.checkDelayAfterAddMs, began + HANDS_MS)
  if (view.now >= until) return undefined
  const bootedForMs = view.now - bootedAfter
  return no(NAME, {
    reason: 'BootedByOther',
    message: `its machine booted within the last ${formatDuration(bootedForMs)}, after the node began to fail and not by heald: somebody has it in hand, and ${formatDuration(policy.checkDelayAfterAddMs)} are waited`,
    have: { bootedForMs },
    need: { bootedForMs: policy.checkDelayAfterAddMs },
    changesAt: until,
  })
}

import { formatDuration } from '../../../lib/pure/duration.ts'
import { brokenWith, contradictedNodes, isNoWitness, saysBroken } from '../../evidence/cloud-word.ts'
import { statements, witnessesAgainst } from '../../evidence/sources.ts'
import { type InstanceView, isNoCloud, type Located, type ProviderErrorKind } from '../../model/instance.ts'
import type { HoldReason } from '../../model/reasons.ts'
import type { GateResult } from '../../model/view.ts'
import type { Candidate } from '../../round/candidate.ts'
import { type Gate, no, ok, yes } from '../../round/gate.ts'
import type { Round } from '../../round/round.ts'
import { rungName } from '../../round/round.ts'

const NAME = 'Identity'
const OK = ok(NAME)
const NOT_ASKED = no(NAME, {
  reason: 'CloudNotAsked',
  message: 'the cloud has not been asked about this machine yet; it is asked about suspects only',
})

/** A cloud that loses sight of a machine finds it again; one answer is not enough to make a new one. */
const GONE_COUNTS_MS = 300_000
const MOST_TOGETHER = 2

const ERROR_REASONS: Readonly<Record<ProviderErrorKind, HoldReason>> = {
  'not-found': 'CloudNotFound',
  conflict: 'CloudConflict',
  throttled: 'CloudThrottled',
  unauthorized: 'CloudUnauthorized',
  unavailable: 'CloudUnavailable',
  invalid: 'CloudInvalid',
  unsupported: 'CloudUnsupported',
}

/** The machine behind the Node must be known beyond doubt, and still be the one that the repair began with. */
export const identity: Gate = {
  name: NAME,
  begin: (round) => {
    // Mostly the cloud sees nothing wrong with anybody, and there is nothing to doubt.
    let known: ReadonlySet<string> | undefined
    const contradicted = (): ReadonlySet<string> => {
      known ??= contradictedNodes(round.view)
      return known
    }
    return (subject) => judgeCandidate(round, contradicted, subject)
  },
}

function judgeCandidate(round: Round, contradicted: () => ReadonlySet<string>, subject: Candidate): GateResult {
  const { node, present, repair, instance } = subject
  if (!present) {
    const message = `the Node object ${node.name} is gone; its repair waits for it to register again`
    return no(NAME, { reason: 'NodeGone', message, have: false, need: true })
  }
  const uid = repair?.status?.nodeUID ?? repair?.spec.nodeUID ?? node.uid
  if (uid !== node.uid) {
    const message = `the Node object was deleted and registered again (UID ${uid} became ${node.uid})`
    return no(NAME, { reason: 'NodeUIDChanged', message, have: node.uid, need: uid })
  }
  return (
    cloudUnknown(round, instance) ??
    cloudDoubted(round, subject, contradicted) ??
    judge(round, subject, instance?.located)
  )
}

/** Life that is seen proves the cloud wrong; and many machines that break in one minute are rather its own trouble. */
function cloudDoubted(round: Round, subject: Candidate, wrongAbout: () => ReadonlySet<string>): GateResult | undefined {
  const { node, instance } = subject
  const said = saysBroken(instance)
  if (instance === undefined || said === undefined) return undefined
  const contradicted = wrongAbout()
  if (contradicted.has(node.name)) {
    const message = `the cloud calls the machine ${said}, but the node has shown life since: the cloud, or what it takes for this machine, is wrong`
    return no(NAME, { reason: 'CloudContradicted', message, have: { said, alive: true }, need: { alive: false } })
  }
  if (isNoWitness(contradicted)) {
    const names = [...contradicted].sort().slice(0, 3)
    const message = `the cloud calls the machine ${said}, but it says the like of ${names.join(', ')}, which are alive: it is no witness until it agrees again`
    return no(NAME, {
      reason: 'CloudContradicted',
      message,
      have: { said, wrongAbout: contradicted.size },
      need: { wrongAbout: 0 },
    })
  }
  if (rungName(subject) !== 'replace') return undefined
  const together = brokenWith(instance, round.view.instances.values())
  if (together <= MOST_TOGETHER) return undefined
  const message = `the cloud calls ${together} machines off, gone or faulty at once; with more than ${MOST_TOGETHER} it is blamed, and none of them is replaced`
  return no(NAME, { reason: 'CloudBlamed', message, have: { together }, need: { togetherAtMost: MOST_TOGETHER } })
}

function cloudUnknown({ view }: Round, instance: InstanceView | undefined): GateResult | undefined {
  if (instance?.error !== undefined) {
    const { kind, message } = instance.error
    return no(NAME, {
      reason: ERROR_REASONS[kind],
      message: `the cloud could not be asked about this machine: ${message}`,
      have: kind,
    })
  }
  if (view.sight.cloud !== undefined) {
    const { reason, message } = view.sight.cloud
    return no(NAME, { reason, message: `the cloud does not answer: ${message}` })
  }
  if (instance?.located === undefined) return NOT_ASKED
  return 'found' in instance.located && instance.state === undefined ? NOT_ASKED : undefined
}

function judge(round: Round, subject: Candidate, located: Located | undefined): GateResult {
  if (located === undefined) return NOT_ASKED
  if ('mismatch' in located) {
    return no(NAME, {
      reason: 'IdentityMismatch',
      message: `Node and machine do not belong together: ${located.mismatch}`,
      have: located.mismatch,
    })
  }
  if (isNoCloud(located)) return withoutCloud(round)
  if ('ambiguous' in located) {
    return no(NAME, {
      reason: 'IdentityAmbiguous',
      message: `more than one machine could be this node: ${located.ambiguous}`,
      have: located.ambiguous,
    })
  }
  if ('gone' in located) return judgeGone(round, subject, located.slot)
  return judgeFound(subject, located.found.id, subject.instance?.sharedWith)
}

/** Nothing can be repaired; dry-run is there to say what would be. */
function withoutCloud({ view }: Round): GateResult {
  const [have, need] = [{ cloud: null }, { cloud: 'configured' }]
  if (view.switches.dryRun) return yes(NAME, 'no cloud is configured; in dry-run none is needed', have, need)
  const message = 'no cloud is configured (cloudProvider: none): heald watches, and nothing can be repaired'
  return no(NAME, { reason: 'NoCloud', message, have, need })
}

function judgeGone({ view }: Round, subject: Candidate, slot: boolean): GateResult {
  const planes = witnessesAgainst(statements(subject.suspicion, view.now), undefined)
  const rung = rungName(subject)
  const have = { slot, rung, failing: planes }
  const need = { slot: true, rung: 'replace', otherPlanes: 1 }
  if (!slot) {
    const message =
      'the machine is gone at the cloud and its group lists no slot for it any more: nothing is left to repair'
    return no(NAME, { reason: 'InstanceGone', message, have, need })
  }
  const goneFor = view.now - (subject.instance?.saidSince ?? view.now)
  if (goneFor < GONE_COUNTS_MS) {
    const message = `the cloud says for ${formatDuration(goneFor)} that the machine is gone; that counts after ${formatDuration(GONE_COUNTS_MS)}`
    return no(NAME, {
      reason: 'GoneNotYet',
      message,
      have: { goneForMs: goneFor },
      need: { goneForMs: GONE_COUNTS_MS },
      changesAt: view.now - goneFor + GONE_COUNTS_MS,
    })
  }
  if (rung !== 'replace') {
    const message = 'the machine is gone at the cloud; only a replacement could help, and the ladder has none left'
    return no(NAME, { reason: 'InstanceGone', message, have, need })
  }
  if (planes.filter((plane) => plane !== 'cloud').length === 0) {
    const message = 'the machine is gone at the cloud, but nothing else says that the node is broken'
    return no(NAME, { reason: 'OnlyCloudSaysGone', message, have, need })
  }
  return subject.detail
    ? yes(NAME, `the machine is gone; its group keeps a slot, and ${planes.join(', ')} agree`, have, need)
    : OK
}

function judgeFound({ node, repair, detail }: Candidate, id: string, sharedWith: string | undefined): GateResult {
  // In the middle of a replacement old and new Node may stand side by side for a while.
  if (sharedWith !== undefined && (repair?.status?.attempts.length ?? 0) === 0) {
    const message = `the Nodes ${node.name} and ${sharedWith} both claim machine ${id}; delete the one that is not its Node`
    return no(NAME, { reason: 'IdentityAmbiguous', message, have: [node.name, sharedWith], need: 1 })
  }
  const own = repair?.spec.instance?.id
  if (own !== undefined && own !== id && repair?.status?.replacement?.instance.id !== id) {
    const message = `the repair began with machine ${own}, and the node is now machine ${id}`
    return no(NAME, { reason: 'InstanceChanged', message, have: id, need: own })
  }
  return detail ? yes(NAME, `the node is machine ${id}`, id) : OK
}

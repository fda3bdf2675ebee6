import { membersWithoutNode } from '../../core/evidence/members-without-node.ts'
import type { Member, MissingMember, MissingSymptom } from '../../core/model/instance.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'
import type { CloudProvider } from '../../core/ports/cloud-provider.ts'
import type { Tell } from '../../core/ports/log.ts'
import { sleepUnless } from '../../lib/abort.ts'
import { asError } from '../../lib/errors.ts'
import { createOnce } from '../../lib/once.ts'
import { formatDuration } from '../../lib/pure/duration.ts'

const LIST_MS: Millis = 60_000
/** A gap longer than this in what the cloud says makes all clocks begin anew. */
const GAP_MS: Millis = 3 * LIST_MS

export interface MembersOptions {
  readonly clock: Clock
  readonly tell: Tell
  readonly provider: Pick<CloudProvider, 'members'>
  readonly nodes: () => Iterable<NodeFacts>
  /** Only the leader asks the cloud, and only while it sees the Nodes. */
  readonly asks: () => boolean
  /** How long a machine may take to join; 0: nobody is looked for. */
  readonly startupMs: () => Millis
}

export interface MembersWatch {
  /** Members without a Node for longer than they may take to join. */
  missing(): readonly MissingMember[]
  /** Undefined: the cloud lists no members. */
  readonly run: ((signal: AbortSignal) => Promise<void>) | undefined
}

interface Without {
  readonly member: Member
  readonly symptom: MissingSymptom
  readonly since: Millis
}

/** Looks for machines that no Node stands for. A listing that fails, or that may be another one a moment later, says nothing. */
export function createMembers({ clock, tell, provider, nodes, asks, startupMs }: MembersOptions): MembersWatch {
  const joined = new Set<string>()
  let without = new Map<string, Without>()
  let told: ReadonlyMap<string, MissingSymptom> = new Map()
  let heardAt: Millis = Number.NEGATIVE_INFINITY
  const isNew = createOnce()

  const take = (members: readonly Member[], missing: readonly Member[]): void => {
    const now = clock.now()
    if (now - heardAt > GAP_MS) without.clear()
    heardAt = now
    const gone = new Set(missing)
    const ids = new Set(members.map(({ ref }) => ref.id))
    for (const id of joined) if (!ids.has(id)) joined.delete(id)
    for (const member of members) if (!gone.has(member)) joined.add(member.ref.id)
    without = new Map(
      missing.map((member) => {
        const { id } = member.ref
        const symptom: MissingSymptom = joined.has(id) ? 'NodeMissing' : 'NeverJoined'
        return [id, { member, symptom, since: without.get(id)?.since ?? now }]
      }),
    )
  }

  const due = (): readonly MissingMember[] => {
    const now = clock.now()
    const needMs = startupMs()
    if (needMs === 0 || now - heardAt > GAP_MS) return []
    return [...without.values()].filter(({ since }) => now - since >= needMs)
  }

  /** Told once, and again when a machine is missing anew. */
  const report = (): void => {
    const missing = due()
    for (const { member, symptom, since } of missing) {
      const { id, name } = member.ref
      if (told.get(id) === symptom) continue
      const what = symptom === 'NeverJoined' ? 'no Node has come' : 'its Node is gone'
      const message = `machine ${name} (${id}) is ${member.power}, and ${what} for ${formatDuration(clock.now() - since)}`
      tell({ level: 'warn', reason: symptom, message, fields: { instance: id, group: member.ref.group ?? null } })
    }
    told = new Map(missing.map(({ member, symptom }) => [member.ref.id, symptom]))
  }

  const list = provider.members?.bind(provider)
  return {
    missing: due,
    run:
      list &&
      (async (signal) => {
        while (!signal.aborted) {
          if (asks() && startupMs() > 0) {
            try {
              const answer = await list(signal)
              if (asks() && 'members' in answer) {
                const compared = membersWithoutNode(answer.members, nodes())
                if ('missing' in compared) take(answer.members, compared.missing)
              }
              isNew(undefined)
            } catch (thrown) {
              signal.throwIfAborted()
              const { message } = asError(thrown)
              if (isNew('failed')) tell({ level: 'info', reason: 'MembersNotListed', message })
            }
            report()
          }
          await sleepUnless(clock, LIST_MS, [signal])
        }
      }),
  }
}

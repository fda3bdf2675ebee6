import type { Member } from '../model/instance.ts'
import type { NodeFacts } from '../model/node.ts'

/** Those of the members that no Node can be. `doubt`: a Node may be any of them, so nothing is said of one. */
export type WithoutNode = { readonly missing: readonly Member[] } | { readonly doubt: string }

/**
 * Compares members and Nodes by all that a Node says of its machine: providerID, the kubelet's uuids, name, addresses.
 * One of them is enough to take the member for present: what is not looked for is never acted on.
 */
export function membersWithoutNode(members: readonly Member[], nodes: Iterable<NodeFacts>): WithoutNode {
  const byTrait = new Map<string, Member[]>()
  for (const member of members) {
    for (const trait of traitsOfMember(member)) {
      const bearers = byTrait.get(trait)
      if (bearers === undefined) byTrait.set(trait, [member])
      else bearers.push(member)
    }
  }
  const present = new Set<Member>()
  let nameless: string | undefined
  for (const node of nodes) {
    const found = traitsOfNode(node).flatMap((trait) => byTrait.get(trait) ?? [])
    for (const member of found) present.add(member)
    // Without a providerID and under a name of its own it may be any machine's.
    if (found.length === 0 && node.providerID === undefined && node.notOurs === undefined) nameless ??= node.name
  }
  const missing = members.filter((member) => !present.has(member))
  if (missing.length > 0 && nameless !== undefined) {
    return { doubt: `the Node ${nameless} has no providerID, and may be the one of a machine that seems to have none` }
  }
  return { missing }
}

function traitsOfMember({ ref, nodeName, addresses }: Member): readonly string[] {
  return [...new Set([bare(ref.id), bare(ref.name), bare(nodeName), ...addresses])]
}

function traitsOfNode({ name, providerID, systemUUID, machineID, addresses }: NodeFacts): readonly string[] {
  const [host = name] = name.split('.')
  const named = providerID?.slice(providerID.lastIndexOf('/') + 1)
  const texts = [named, systemUUID, machineID, name, host].filter((text) => text !== undefined && text !== '')
  return [...new Set([...texts.map((text) => bare(text ?? '')), ...addresses.map(({ address }) => address)])]
}

/** The same uuid is written with dashes and without. */
function bare(text: string): string {
  return text.toLowerCase().replaceAll('-', '')
}

import { fnv1a } from '../../lib/pure/hash.ts'

const NODE_LENGTH = 46
const UID_LENGTH = 8
const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

/**
 * The name of this node's next repair: `NODE-UID-NUMBER`, a DNS subdomain. The node's name is cut to 46 characters,
 * with a hash when cut; of the UID the first 8; the number is 1 + the highest of this node among `existing`. Two
 * leaders that see the same repairs choose the same name, so only one of them can create it.
 */
export function repairName(nodeName: string, nodeUID: string, existing: readonly string[]): string {
  const prefix = `${shortNode(nodeName)}-${shortUID(nodeUID)}-`
  const numbers = existing
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((rest) => /^[1-9]\d{0,14}$/.test(rest))
    .map(Number)
  return `${prefix}${numbers.reduce((highest, number) => Math.max(highest, number), 0) + 1}`
}

function shortNode(name: string): string {
  if (name.length <= NODE_LENGTH && SUBDOMAIN.test(name)) return name
  const hash = fnv1a(name).toString(36).padStart(7, '0')
  const start = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, NODE_LENGTH - hash.length - 1)
    .replace(/^-+|-+$/g, '')
  return start === '' ? hash : `${start}-${hash}`
}

function shortUID(uid: string): string {
  const part = uid
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, UID_LENGTH)
  return part === '' ? '0' : part
}

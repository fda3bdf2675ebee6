import { fnv1a64 } from '../lib/pure/hash.ts'

/** Of a Kubernetes name that is a label value too. */
const LONGEST = 63
const SUFFIX = 5
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

/** `g` and the hash of a group's key in base 36; a group without a key has none. */
export function groupHash(groupKey: string): string {
  return groupKey === '' ? '' : `g${hash36(groupKey)}`
}

/** Five signs that tell this text from others. */
export function shortHash(text: string): string {
  return hash36(text).padStart(SUFFIX, '0').slice(-SUFFIX)
}

/**
 * As OpenFero names a Job with a window of deduplication: rule, group and number of the window. `more` tells the other
 * alerts of a group apart. A long rule's name is cut before what makes the name unique, and told apart by its own hash.
 */
export function windowName(rule: string, groupKey: string, window: number, more?: string): string {
  return joined(rule, `-${groupHash(groupKey)}-${window}${more === undefined ? '' : `-${shortHash(more)}`}`)
}

/** Without a window: the rule's name and five signs of the run. */
export function runName(rule: string, run: string): string {
  return joined(rule, `-${shortHash(run)}`)
}

/** The text itself where it can be a label's value, else what is left of it with its hash. */
export function labelValue(text: string): string {
  if (text.length <= LONGEST && LABEL_VALUE.test(text)) return text
  const left = text
    .replace(/[^-A-Za-z0-9_.]+/g, '-')
    .slice(0, LONGEST - SUFFIX - 1)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  return left === '' ? shortHash(text) : `${left}-${shortHash(text)}`
}

function joined(rule: string, tail: string): string {
  const room = LONGEST - tail.length
  const base = rule.toLowerCase()
  if (base.length <= room) return base + tail
  return `${base.slice(0, room - SUFFIX - 1)}-${shortHash(base)}${tail}`
}

function hash36(text: string): string {
  return fnv1a64(Buffer.from(text)).toString(36)
}

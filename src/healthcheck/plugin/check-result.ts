import { isIP } from 'node:net'
import type { Finding, FindingStatus } from '../../core/model/finding.ts'
import type { NodeFacts } from '../../core/model/node.ts'

/** A finding without its time: who looked adds it. */
export type CheckResult = Omit<Finding, 'seenAt'>

const LONGEST_MESSAGE = 512

export function checkResult(status: FindingStatus, reason: string, message?: string): CheckResult {
  return message === undefined ? { status, reason } : { status, reason, message: clip(message) }
}

/** One line of bounded length: messages come from nodes and programs. */
export function clip(text: string, length = LONGEST_MESSAGE): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length > length ? `${line.slice(0, length - 1)}…` : line
}

/** fe80::/10 means nothing without an interface: Node 20 says EINVAL, Node 24 lets it time out and so blames the node. */
const LINK_LOCAL = /^fe[89ab]/i

/** The node's first InternalIP; undefined when it has none, or something that is no IP address that can be asked. */
export function internalIP(facts: NodeFacts): string | undefined {
  const address = facts.addresses.find(({ type }) => type === 'InternalIP')?.address
  return address !== undefined && isIP(address) !== 0 && !LINK_LOCAL.test(address) ? address : undefined
}

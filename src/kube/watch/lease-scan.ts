import { recordAt, textOf } from '../../lib/pure/json.ts'

const START = Buffer.from('{"metadata":{"name":"')
const RENEW = Buffer.from('"renewTime":"')
const QUOTE = 0x22

export interface ScannedLease {
  readonly name: string
  readonly renewTime: string
}

/**
 * Name and renewTime of one Lease as JSON bytes; undefined when it has none. In the order in which Go writes them they
 * are read in place, which keeps 15,000 leases at about 60 ms; every other order goes through JSON.parse.
 */
export function scanLease(json: Buffer): ScannedLease | undefined {
  const name = json.subarray(0, START.length).equals(START) ? textFrom(json, START.length) : undefined
  const at = json.indexOf(RENEW)
  // Twice: an annotation or label may imitate it; which one is the real one only a parser can say.
  const once = at >= 0 && json.indexOf(RENEW, at + RENEW.length) < 0
  const renewTime = once ? textFrom(json, at + RENEW.length) : undefined
  return name !== undefined && renewTime !== undefined ? { name, renewTime } : parseLease(json)
}

function textFrom(json: Buffer, from: number): string | undefined {
  const end = json.indexOf(QUOTE, from)
  if (end <= from) return undefined
  const text = json.toString('latin1', from, end)
  return text.includes('\\') ? undefined : text
}

function parseLease(json: Buffer): ScannedLease | undefined {
  const lease: unknown = JSON.parse(json.toString('utf8'))
  const name = textOf(recordAt(lease, 'metadata').name)
  const renewTime = textOf(recordAt(lease, 'spec').renewTime)
  return name && renewTime ? { name, renewTime } : undefined
}

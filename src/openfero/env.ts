import type { Labels } from '../alert/message.ts'
import { escapeDollars } from './literal.ts'

const LONGEST_VALUE = 32 * 1024
const LONGEST_ALL = 256 * 1024
const CUT = '…(cut)'
/** What Kubernetes takes as a variable's name. */
const NAME = /^[ -<>-~]+$/

export interface AlertEnv {
  readonly env: readonly { readonly name: string; readonly value: string }[]
  /** Labels whose variable another label has, or for which there was no room. */
  readonly left: readonly string[]
}

/**
 * A variable `OPENFERO_LABEL` for each label, its value as it came: never a template, never a kubelet's reference. A name with
 * other signs than letters and digits is there twice, as OpenFero spelled it and with `_`. `keepsMinus`: as for ConfigMaps.
 */
export function alertEnv(labels: Labels, keepsMinus: boolean): AlertEnv {
  const env = new Map<string, string>()
  const left: string[] = []
  let room = LONGEST_ALL
  for (const [label, raw] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const upper = `OPENFERO_${label.toUpperCase()}`
    const spelled = keepsMinus ? upper : upper.replaceAll('-', '_')
    const names = new Set([...(NAME.test(spelled) ? [spelled] : []), spelled.replace(/[^A-Z0-9_]/g, '_')])
    const free = [...names].filter((name) => !env.has(name))
    const clean = raw.replaceAll('\0', '')
    const value = clean.length > LONGEST_VALUE ? `${clean.slice(0, LONGEST_VALUE)}${CUT}` : clean
    const size = free.reduce((sum, name) => sum + name.length + value.length, 0)
    if (free.length === 0 || size > room) {
      left.push(label)
      continue
    }
    room -= size
    for (const name of free) env.set(name, escapeDollars(value))
  }
  return { env: [...env].map(([name, value]) => ({ name, value })), left }
}

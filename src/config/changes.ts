import { isRecord } from '../lib/pure/json.ts'
import type { Config } from './schema/schema.ts'

/** What only a new process takes up: it is bound, elected or connected by then. */
export const RESTART_KEYS = [
  'http',
  'kubernetes',
  'leaderElect',
  'leaderElection',
  'poolLabels',
  'zoneLabel',
  'masterLabels',
  'quorumLabels',
  'otherActors',
  'notOursLabels',
  'cloudProvider',
  'log',
]

/** The keys in which two configurations differ, with dots, lists as a whole, values never. */
export function changedKeys(before: Config, after: Config): readonly string[] {
  const keys: string[] = []
  const compare = (old: unknown, now: unknown, path: string): void => {
    if (isRecord(old) && isRecord(now)) {
      for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
        compare(old[key], now[key], path === '' ? key : `${path}.${key}`)
      }
    } else if (JSON.stringify(old) !== JSON.stringify(now)) keys.push(path)
  }
  compare(before, after, '')
  return keys.map((key) => key.replace(/^providerOptions\./, '')).sort()
}

/** Those of `changed` that act only after a restart. `restart`: top-level keys. */
export function needRestart(changed: readonly string[], restart: readonly string[]): readonly string[] {
  return changed.filter((key) => restart.includes(key.split('.')[0] ?? key))
}

/** Looks into parsed JSON that may be anything at all. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member `name` as a record; an empty one when it is anything else. */
export function recordAt(value: unknown, name: string): Record<string, unknown> {
  const member = isRecord(value) ? value[name] : undefined
  return isRecord(member) ? member : {}
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Only the members that are text. `Object.fromEntries`, so that a key named `__proto__` stays a key. */
export function textsOf(value: unknown, keep: (key: string) => boolean = () => true): Record<string, string> {
  const entries = isRecord(value) ? Object.entries(value) : []
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && keep(entry[0])),
  )
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Looks into parsed JSON that may be anything at all. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as a record; an empty one when it is anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

/** The member `name` as a record; an empty one when it is anything else. */
export function recordAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  return recordOf(recordOf(value)[name])
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function textOrEmpty(value: unknown): string {
  return textOf(value) ?? ''
}

/** Only the members that are text. `Object.fromEntries`, so that a key named `__proto__` stays a key. */
export function textsOf(value: unknown, keep: (key: string) => boolean = () => true): Record<string, string> {
  return Object.fromEntries(
    Object.entries(recordOf(value)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && keep(entry[0]),
    ),
  )
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The members of a JSON object; undefined when the text is anything else. Never throws. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy

/**
 * Milliseconds of a duration as Go prints it, plus days: `90s`, `1h30m`, `1.5h`, `7d`; `0` alone needs no unit.
 * Undefined when the text is anything else, negative durations included.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  let total = 0
  let end = 0
  PART.lastIndex = 0
  for (let part = PART.exec(text); part !== null; part = PART.exec(text)) {
    total += Number(part[1]) * (UNITS[part[2] ?? ''] ?? Number.NaN)
    end = PART.lastIndex
  }
  return end === text.length && text !== '' && Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined
}

/** The shortest form of up to two units that a person would write: `0s`, `250ms`, `42s`, `1m30s`, `2h`, `7d`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'ever'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms > 0 && ms < 999.5) return `${Math.max(1, Math.round(ms))}ms`
  let rest = Math.round(ms / 1_000)
  const parts: string[] = []
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / seconds)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * seconds
    if (parts.length === 2) break
  }
  return parts.length === 0 ? '0s' : parts.join('')
}

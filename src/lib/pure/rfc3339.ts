import { formatDuration } from './duration.ts'

const LATEST = 253_402_300_799_999

/** Calendar milliseconds as RFC 3339 in UTC. Absurd values are cut to the years 1970-9999 rather than thrown at. */
export function rfc3339(ms: number): string {
  return new Date(Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LATEST) : 0).toISOString()
}

/** Calendar milliseconds, or undefined when the text is no RFC 3339 time (a zone is required). */
export function parseRfc3339(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

/** Kubernetes' MicroTime: with exactly six digits, as the API server takes no other. */
export function microTime(calendarMs: number): string {
  const whole = Math.floor(calendarMs)
  const micros = Math.floor((calendarMs - whole) * 1_000)
  return new Date(whole).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`)
}

/** `50s`, `3m`, `2h5m`, `4d3h`: how long ago, or how long until, no finer than somebody reads. The text itself where it is no time. */
export function ageOf(time: string, now: string): string {
  const [then, at] = [parseRfc3339(time), parseRfc3339(now)]
  if (then === undefined || at === undefined) return time
  const age = Math.abs(at - then)
  const unit = [86_400_000, 3_600_000, 60_000].findIndex((each) => age >= each)
  const step = [3_600_000, 60_000, 60_000][unit] ?? 1_000
  return formatDuration(Math.round(age / step) * step)
}

import type { z } from 'zod'
import { nearest } from './nearest.ts'
import { showKind, showValue } from './secrets.ts'

/** zod's error map: says what would be right, in words that a reader of the file understands. Never quotes the input. */
export function zodMessage(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[String(issue.expected)] ?? String(issue.expected)}`
    case 'invalid_value':
      return `expected ${oneOf(issue.values)}`
    case 'invalid_union': {
      const options: unknown = 'options' in issue ? issue.options : undefined
      return Array.isArray(options)
        ? `expected ${oneOf(options)}`
        : 'expected something else; see docs/configuration.md'
    }
    case 'too_small':
      return `expected ${bound('at least', issue.minimum, issue.origin, issue.inclusive)}`
    case 'too_big':
      return `expected ${bound('at most', issue.maximum, issue.origin, issue.inclusive)}`
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `expected ${FORMATS[issue.format] ?? `the form ${issue.format === 'regex' ? issue.pattern : issue.format}`}`
    default:
      return undefined
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
}

const FORMATS: Readonly<Record<string, string>> = { url: 'a URL', uuid: 'a UUID', ipv4: 'an IPv4 address' }

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`
}

function bound(words: string, limit: unknown, origin: string, inclusive: boolean | undefined): string {
  const unit = origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' entries' : ''
  const strict = words === 'at least' ? 'more than' : 'less than'
  return `${inclusive === false ? strict : words} ${String(limit)}${unit}`
}

/** `got "5 min", expected a duration such as 30s`; of hidden values only their kind. */
export function diagnosticText(
  message: string,
  given: { readonly value: unknown; readonly hidden: boolean } | undefined,
): string {
  if (!message.startsWith('expected ')) return custom(message, given)
  if (given === undefined) return `is missing; ${message}`
  const { value, hidden } = given
  const shape = shapeHint(message, value)
  if (hidden) return `got ${showKind(value)}, ${message}${shape}`
  const options = /^expected one of (.+)$/.exec(message)?.[1]?.split(', ')
  const meant = options !== undefined && typeof value === 'string' ? nearest(value, options) : undefined
  const hint = isQuotedScalar(message, value)
    ? '; leave the quotes out'
    : isBareText(message, value)
      ? '; put it in quotes'
      : ''
  return `got ${showValue(value)}, ${message}${meant === undefined ? '' : `; did you mean ${meant}?`}${hint}${shape}`
}

/** Rules between keys, and what plugins and clouds say of their own. */
function custom(message: string, given: { readonly value: unknown; readonly hidden: boolean } | undefined): string {
  if (given === undefined || given.hidden || given.value === null || typeof given.value === 'object') return message
  return message.includes(String(given.value)) ? message : `got ${showValue(given.value)}: ${message}`
}

/** A list, a mapping and a plain value taken for each other. */
function shapeHint(message: string, value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  if (message === 'expected a mapping' && Array.isArray(value)) return '; remove the - before its keys'
  if (message === 'expected a list') return '; put a - before each entry'
  if (message !== 'expected a text') return ''
  return Array.isArray(value) ? '; put it in quotes if it begins with [' : '; put it in quotes if it begins with {'
}

function isQuotedScalar(message: string, value: unknown): boolean {
  if (typeof value !== 'string') return false
  if (message === 'expected true or false') return value === 'true' || value === 'false'
  return /^expected (a|a whole) number$/.test(message) && /^\d+$/.test(value)
}

function isBareText(message: string, value: unknown): boolean {
  return message === 'expected a text' && (typeof value === 'number' || typeof value === 'boolean')
}

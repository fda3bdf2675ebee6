import { isRecord, listOf, recordOf } from '../../../lib/pure/json.ts'
import type { Fields } from './objects.ts'

export interface Fault {
  readonly field: string
  readonly message: string
}

/** Drops what a structural schema does not name, as the API server does with custom objects. */
export function prune(value: unknown, schema: unknown): unknown {
  const { properties, items, additionalProperties, ...rest } = recordOf(schema)
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => prune(item, items))
  if (!isRecord(value) || rest['x-kubernetes-preserve-unknown-fields'] === true || properties === undefined)
    return value
  const known = recordOf(properties)
  const kept = Object.entries(value).filter(([key]) => key in known || additionalProperties !== undefined)
  return Object.fromEntries(kept.map(([key, each]) => [key, prune(each, known[key])]))
}

/** Checks the keywords that CRDs of ours use: types, required, enum, bounds and list-map keys. CEL rules are not run. */
export function schemaFaults(value: unknown, schema: unknown, field: string): readonly Fault[] {
  const wants = recordOf(schema)
  const type = typeOf(value)
  if (wants.type !== undefined && type !== wants.type && !(wants.type === 'number' && type === 'integer')) {
    const message = `Invalid value: "${type}": ${field} in body must be of type ${String(wants.type)}: "${type}"`
    return [{ field, message }]
  }
  return [...ownFaults(value, wants, field), ...childFaults(value, wants, field)]
}

function ownFaults(value: unknown, wants: Fields, field: string): readonly Fault[] {
  const shown = JSON.stringify(value)
  const faults: Fault[] = []
  const refuse = (message: string): number => faults.push({ field, message })
  if (Array.isArray(wants.enum) && !wants.enum.includes(value)) {
    refuse(`Unsupported value: ${shown}: supported values: ${wants.enum.map((each) => `"${each}"`).join(', ')}`)
  }
  if (typeof value === 'string') {
    if (value.length > Number(wants.maxLength ?? Number.POSITIVE_INFINITY)) {
      refuse(`Too long: may not be more than ${wants.maxLength} bytes`)
    }
    if (value.length < Number(wants.minLength ?? 0)) {
      refuse(`Invalid value: ${shown}: should be at least ${wants.minLength} chars long`)
    }
  }
  if (typeof value === 'number' && value < Number(wants.minimum ?? Number.NEGATIVE_INFINITY)) {
    refuse(`Invalid value: ${shown}: should be greater than or equal to ${wants.minimum}`)
  }
  if (typeof value === 'number' && value > Number(wants.maximum ?? Number.POSITIVE_INFINITY)) {
    refuse(`Invalid value: ${shown}: should be less than or equal to ${wants.maximum}`)
  }
  if (Array.isArray(value)) {
    if (value.length > Number(wants.maxItems ?? Number.POSITIVE_INFINITY)) {
      refuse(`Too many: ${value.length}: must have at most ${wants.maxItems} items`)
    }
    const keys = listOf(wants['x-kubernetes-list-map-keys'])
    const ids = value.map((item) => JSON.stringify(keys.map((key) => recordOf(item)[String(key)])))
    if (keys.length > 0 && new Set(ids).size < ids.length) refuse('Duplicate value: list-map keys must be unique')
  }
  return faults
}

function childFaults(value: unknown, wants: Fields, field: string): readonly Fault[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => schemaFaults(item, wants.items, `${field}[${index}]`))
  if (!isRecord(value)) return []
  const below = (key: string): string => (field === '' ? key : `${field}.${key}`)
  const missing = listOf(wants.required)
    .map(String)
    .filter((key) => value[key] === undefined)
  const properties = Object.entries(recordOf(wants.properties)).filter(([key]) => value[key] !== undefined)
  return [
    ...missing.map((key) => ({ field: below(key), message: 'Required value' })),
    ...properties.flatMap(([key, schema]) => schemaFaults(value[key], schema, below(key))),
  ]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

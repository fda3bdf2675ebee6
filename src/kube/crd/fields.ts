import { z } from 'zod'
import { type OutsideReason, outsideReason } from '../../core/model/reasons.ts'

// The fields that a stored kind is made of. Decoding reads what is stored, encoding makes what is stored. A bound is
// the CRD's to enforce: whatever an older CRD let in can still be read.

/** An identity: never cut, so one that is too long is refused by the API server. Counted in characters. */
export function text(maxLength: number, minLength?: number) {
  return z.string().meta(minLength === undefined ? { maxLength } : { minLength, maxLength })
}

/** Text for people: cut to what the CRD takes, so that a long message never stops a write. */
export function prose(maxLength: number) {
  return z.codec(text(maxLength), z.string(), {
    decode: (stored) => stored,
    encode: (full) => cut(full, maxLength),
  })
}

/** One of heald's reasons. What another version or a person wrote instead is read as it stands. */
export function reason<T extends string>() {
  return z.codec(text(256), z.custom<T | OutsideReason>(), {
    decode: outsideReason,
    encode: (full) => cut(full, 256),
  })
}

function cut(full: string, maxLength: number): string {
  return full.length > maxLength ? `${full.slice(0, maxLength - 1)}…` : full
}

/** A list for people: what is beyond `maxItems` is left out. */
export function listForPeople<T extends z.ZodType>(maxItems: number, item: T) {
  const stored = z.array(item).meta({ maxItems, 'x-kubernetes-list-type': 'atomic' })
  return z.codec(stored, z.array(z.custom<z.output<T>>()), {
    decode: (items) => items,
    encode: (items) => items.slice(0, maxItems),
  })
}

/** A list-map by `id`. It has no order of its own: an apply by somebody else may store it in any, so it is sorted here. */
export function listById<T extends z.ZodType<{ readonly id: number }>>(maxItems: number, item: T) {
  const keys = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['id'] }
  const stored = z.array(item).meta({ maxItems, ...keys })
  return z.codec(stored, z.array(z.custom<z.output<T>>()), {
    decode: (items) => items.sort((a, b) => a.id - b.id),
    encode: (items) => [...items],
  })
}

import { isDeepStrictEqual } from 'node:util'

export interface Meta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
  readonly generation?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly [field: string]: unknown
}

/** An object as stored. Never changed in place: a write stores another one. */
export interface Stored {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Meta
  readonly spec?: unknown
  readonly status?: unknown
  readonly [field: string]: unknown
}

export type Fields = Readonly<Record<string, unknown>>

export function without(value: Fields, ...keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
}

/** `namespace/name`, or just the name: unique within a shelf and in the order in which a LIST answers. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** RFC 3339 without fractions, as metadata carries it. */
export function calendar(wall: number): string {
  return `${new Date(wall).toISOString().slice(0, 19)}Z`
}

/** Equal in everything that a client could have meant to change. */
export function sameContent(a: Stored, b: Stored): boolean {
  const bare = (object: Stored): Fields => ({
    ...object,
    metadata: without(object.metadata, 'resourceVersion', 'managedFields'),
  })
  return isDeepStrictEqual(bare(a), bare(b))
}

/** Equal in what metadata.generation counts. */
export function sameDesire(a: Stored, b: Stored): boolean {
  return isDeepStrictEqual(without(a, 'metadata', 'status'), without(b, 'metadata', 'status'))
}

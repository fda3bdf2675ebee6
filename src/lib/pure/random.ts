import { fnv1a } from './hash.ts'

/** Uniform in [0, 1). */
export type Random = () => number

/** A name for each thing that is made, never the same twice: UUIDs, but for worlds that are to be played again. */
export type NewId = () => string

/** The same ids for the same numbers, in the shape of a UUID of version 4. */
export function createNewId(random: Random): NewId {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('')
  return () => `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`
}

/** The same numbers for the same seed. mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function createRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + STEP) | 0
    return scrambled(state)
  }
}

/** By what is to happen, such as `a beat of w1`, and when. */
export type Chance = (what: string, at: number) => number

/** The same number for the same thing at the same moment: who asks, in which order and how often changes nothing. */
export function createChance(seed: number): Chance {
  const hashes = new Map<string, number>()
  return (what, at) => {
    const hash = hashes.get(what) ?? fnv1a(`${seed} ${what}`)
    hashes.set(what, hash)
    return scrambled((hash + Math.imul(at | 0, STEP)) | 0)
  }
}

const STEP = 0x6d2b79f5

function scrambled(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}

import type { Millis } from '../../core/model/primitives.ts'
import type { Clock } from '../../core/ports/clock.ts'

/** Who reaches whom, beside the machines' own networks. */
export interface Links {
  /** The API server answers anybody. */
  readonly api: boolean
  /** heald reaches the API server. */
  readonly heald: boolean
  /** heald's handshakes reach the machines. */
  readonly nodes: boolean
  /** heald reaches the cloud. */
  readonly cloud: boolean
  /** Of heald's machine: its wall clock minus the API server's. */
  readonly skewMs: Millis
}

export interface LinkBoard {
  readonly now: Links
  /** heald reaches the API server. */
  readonly open: boolean
  /** What heald sees of the API server is as of this moment: the present one, unless the way is cut. */
  readonly seenAt: Millis
  /** Until when a source that heald has of the API server counts as alive: without end while nobody cuts it. */
  readonly aliveAt: Millis
  /** Since when the way from heald to the API server stands. */
  readonly openSince: Millis
  set(change: Partial<Links>): void
  /** Throws when heald does not reach the API server. */
  reach(signal?: AbortSignal): void
  onChange(listener: () => void): void
}

export function createLinks(clock: Clock): LinkBoard {
  let links: Links = { api: true, heald: true, nodes: true, cloud: true, skewMs: 0 }
  let cutAt: Millis | undefined
  let openSince = clock.now()
  const listeners: (() => void)[] = []
  return {
    get now() {
      return links
    },
    get open() {
      return cutAt === undefined
    },
    get aliveAt() {
      return cutAt ?? Number.POSITIVE_INFINITY
    },
    get seenAt() {
      return cutAt ?? clock.now()
    },
    get openSince() {
      return openSince
    },
    set(change) {
      links = { ...links, ...change }
      const open = links.api && links.heald
      if (open && cutAt !== undefined) openSince = clock.now()
      cutAt = open ? undefined : (cutAt ?? clock.now())
      for (const listener of listeners) listener()
    },
    reach(signal) {
      signal?.throwIfAborted()
      if (cutAt !== undefined) throw new Error('fleet: the API server does not answer')
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

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
  /** What heald sees of the API server is as of this moment: the present one, unless the way is cut. */
  readonly seenAt: Millis
  /** Since when the way from heald to the API server stands. */
  readonly openSince: Millis
  set(change: Partial<Links>): void
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
    onChange: (listener) => {
      listeners.push(listener)
    },
  }
}

import type { Millis } from '../../core/model/primitives.ts'
import type { NodeRegistry } from '../fleet/node-registry.ts'
import type { Schedule } from '../fleet/schedule.ts'
import type { Hands } from './hands.ts'

/** An imitation of rules that other healers document: when all of them agree, it acts on every node that is due. */
interface Rules {
  readonly about: string
  /** May it act at all, with so many of `total` nodes not Ready? */
  readonly mayAct: (bad: number, total: number) => boolean
}

const UNHEALTHY_MS = 300_000
const AFTER_REBOOT_MS = 600_000
const LOOK_MS = 60_000

/** Imitations, not the programs themselves: a node that is not Ready for 5 minutes is rebooted, 10 minutes later replaced. */
export const PEERS = {
  'reboot-then-rebuild': { about: 'reboots, then rebuilds, without limits', mayAct: () => true },
  'breaker-20': {
    about: 'the same, while at most 20 % of the nodes are not Ready',
    mayAct: (bad, total) => bad * 100 <= total * 20,
  },
  'min-healthy-51': {
    about: 'the same, while at least 51 % of the nodes are Ready',
    mayAct: (bad, total) => (total - bad) * 100 >= total * 51,
  },
} as const satisfies Readonly<Record<string, Rules>>

export type Peer = keyof typeof PEERS

export function runPeer(peer: Peer, { clock, at }: Schedule, registry: NodeRegistry, hands: Hands): void {
  const badSince = new Map<string, Millis>()
  const rebooted = new Set<string>()
  registry.onChange((name) => {
    const isReady = registry.nodes.get(name)?.conditions[0]?.status === 'True'
    if (isReady) rebooted.delete(name)
    if (isReady) badSince.delete(name)
    else if (!badSince.has(name)) badSince.set(name, clock.now())
  })
  const look = (): void => {
    const mayAct = PEERS[peer].mayAct(badSince.size, registry.nodes.size)
    for (const [name, since] of badSince) {
      const age = clock.now() - since
      if (!mayAct || age < UNHEALTHY_MS) continue
      if (!rebooted.has(name)) {
        rebooted.add(name)
        hands.act(name, 'reboot-hard')
      } else if (age >= UNHEALTHY_MS + AFTER_REBOOT_MS) {
        rebooted.delete(name)
        badSince.set(name, clock.now())
        hands.act(name, 'replace')
      }
    }
    at(clock.now() + LOOK_MS, look)
  }
  at(LOOK_MS, look)
}

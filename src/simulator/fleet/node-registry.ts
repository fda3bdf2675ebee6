import { type Condition, type NodeFacts, quorumOfRole } from '../../core/model/node.ts'
import { fnv1a } from '../../lib/pure/hash.ts'
import type { Chance } from '../../lib/pure/random.ts'
import { rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { Machine } from '../cluster/machine.ts'
import { type Beats, createBeats } from './beats.ts'
import type { Fleet } from './fleet.ts'
import type { LinkBoard } from './links.ts'
import type { Schedule } from './schedule.ts'

/** The truth of the API server: Nodes and heartbeats, as kubelets and the node lifecycle controller write them. */
export interface NodeRegistry {
  readonly nodes: ReadonlyMap<string, NodeFacts>
  beatsOf(name: string): Beats | undefined
  /** Changes fields of a Node, under a new resourceVersion. Throws when there is none. */
  patch(name: string, change: Partial<NodeFacts>): NodeFacts
  remove(name: string): void
  /** A Node was changed. */
  onChange(listener: (name: string) => void): void
  /** A kubelet has fallen silent or is heard again (`turn`), or a single beat of it was not lost. */
  onBeats(listener: (kind: 'turn' | 'single') => void): void
}

export interface RegistryOptions {
  readonly schedule: Schedule
  readonly fleet: Fleet
  readonly links: LinkBoard
  /** Of lossy networks. */
  readonly chance: Chance
}

const MONTH_MS = 30 * 86_400_000
const READY = { status: 'True', reason: 'KubeletReady' } as const
const NOT_READY = { status: 'False', reason: 'KubeletNotReady' } as const
const UNKNOWN = { status: 'Unknown', reason: 'NodeStatusUnknown' } as const

export function createNodeRegistry({ schedule, fleet, links, chance }: RegistryOptions): NodeRegistry {
  const { clock } = schedule
  const { heartbeatMs, graceMs } = fleet.timings
  const nodes = new Map<string, NodeFacts>()
  const beats = new Map<string, Beats>()
  const changeListeners: ((name: string) => void)[] = []
  const beatListeners: ((kind: 'turn' | 'single') => void)[] = []
  /** Those whose heartbeats are followed one by one, because some are lost. */
  const lossy = new Set<string>()
  let version = 0

  function put(name: string, facts: NodeFacts): NodeFacts {
    const stored = { ...facts, resourceVersion: String(++version) }
    nodes.set(name, stored)
    for (const listener of changeListeners) listener(name)
    return stored
  }

  function readiness(machine: Machine): Pick<Condition, 'status' | 'reason'> {
    const kinds = [...fleet.troublesOf(machine)].map(({ kind }) => kind)
    return kinds.includes('runtime') || kinds.includes('disk') ? NOT_READY : READY
  }

  function isHeard(machine: Machine): boolean {
    if (!links.now.api || !fleet.isUp(machine)) return false
    return ![...fleet.troublesOf(machine)].some(
      ({ kind, direction, loss }) => kind === 'certificate' || (kind === 'network' && direction !== 'in' && loss === 1),
    )
  }

  /** What the kubelet posts, and what the controller makes of its silence, differs from what is stored only now and then. */
  function setReady(name: string, next: Pick<Condition, 'status' | 'reason'>): void {
    const facts = nodes.get(name)
    const ready = facts?.conditions[0]
    if (facts === undefined || (ready?.status === next.status && ready?.reason === next.reason)) return
    const condition = { type: 'Ready', ...next, lastTransitionTime: rfc3339(clock.wall()) }
    put(name, { ...facts, conditions: [condition] })
  }

  function register(name: string, machine: Machine): void {
    const known = nodes.get(name)
    if (known?.bootID === machine.bootId && known.systemUUID === machine.id) return
    const { role, etcd, pool, zone } = machine.spec
    const isOld = clock.now() === 0
    put(name, {
      ...(known ?? {
        uid: `${name}-${machine.id}`,
        createdAt: clock.wall() - (isOld ? MONTH_MS : 0),
        unschedulable: false,
        taints: [],
        annotations: {},
      }),
      name,
      resourceVersion: '',
      role,
      quorum: etcd === true ? [...quorumOfRole(role), 'etcd'] : quorumOfRole(role),
      pool: pool ?? role,
      zone,
      deleting: false,
      conditions: [{ type: 'Ready', ...readiness(machine), lastTransitionTime: rfc3339(clock.wall()) }],
      addresses: [{ type: 'InternalIP', address: name }],
      labels: {},
      providerID: `pretend://${fleet.cluster}/${name}`,
      systemUUID: machine.id,
      machineID: machine.id,
      bootID: machine.bootId,
      kernelVersion: '6.1.0-pretend',
      osImage: 'Pretend Linux 12',
      kubeletVersion: 'v1.34.4',
    })
  }

  /** The lifecycle controller looks every 5 s whether a record has changed within the grace period. */
  function expectSilence(name: string, silent: Beats): void {
    const lastBeat = silent.lastAt(clock.now()) ?? clock.now()
    const at = lastBeat + graceMs + (fnv1a(name) % 5_000)
    schedule.at(at, () => {
      const isSilent = beats.get(name) === silent && !silent.beating && silent.lastAt(clock.now()) === lastBeat
      if (isSilent && links.now.api) setReady(name, UNKNOWN)
    })
  }

  function beginBeats(name: string, own: Beats): void {
    // Not all in one moment: kubelets that have run for long beat whenever they began to.
    const early = clock.now() === 0 ? fnv1a(name) % heartbeatMs : 0
    own.begin(clock.now() - early)
    for (const listener of beatListeners) listener('turn')
  }

  function lossOf(machine: Machine): number {
    const losses = [...fleet.troublesOf(machine)].filter(
      ({ kind, direction }) => kind === 'network' && direction !== 'in',
    )
    return Math.max(0, ...losses.map(({ loss }) => loss))
  }

  function followEachBeat(name: string, own: Beats): void {
    const machine = fleet.find(name)
    const now = clock.now()
    if (machine === undefined || !isHeard(machine) || lossOf(machine) === 0) {
      lossy.delete(name)
      expectSilence(name, own)
      follow(name)
      return
    }
    if (chance(`a beat of ${name}`, now) >= lossOf(machine)) {
      own.once(now)
      register(name, machine)
      setReady(name, readiness(machine))
      for (const listener of beatListeners) listener('single')
    } else if (now - (own.lastAt(now) ?? now) > graceMs) {
      setReady(name, UNKNOWN)
    }
    schedule.at(now + heartbeatMs, () => followEachBeat(name, own))
  }

  function follow(name: string): void {
    const machine = fleet.find(name)
    if (machine === undefined || lossy.has(name)) return
    const own = beats.get(name) ?? createBeats(heartbeatMs)
    beats.set(name, own)
    const heard = isHeard(machine)
    if (heard && lossOf(machine) > 0) {
      lossy.add(name)
      own.end(clock.now())
      followEachBeat(name, own)
      return
    }
    if (heard && !own.beating) {
      register(name, machine)
      setReady(name, readiness(machine))
      beginBeats(name, own)
    } else if (heard) {
      register(name, machine)
      const next = (own.lastAt(clock.now()) ?? clock.now()) + heartbeatMs
      schedule.at(next, () => {
        const current = fleet.find(name)
        if (current !== undefined && own.beating) setReady(name, readiness(current))
      })
    } else if (own.beating) {
      own.end(clock.now())
      expectSilence(name, own)
      for (const listener of beatListeners) listener('turn')
    }
  }

  fleet.onChange(follow)
  let apiUp = true
  links.onChange(() => {
    if (links.now.api === apiUp) return
    apiUp = links.now.api
    for (const name of beats.keys()) follow(name)
    // The controller begins anew with its server, and gives everybody the whole grace period.
    if (apiUp)
      for (const [name, own] of beats)
        if (!own.beating) schedule.at(clock.now() + graceMs, () => own.beating || setReady(name, UNKNOWN))
  })

  return {
    nodes,
    beatsOf: (name) => beats.get(name),
    patch(name, change) {
      const facts = nodes.get(name)
      if (facts === undefined) throw new Error(`fleet: Node ${name}: there is none`)
      return put(name, { ...facts, ...change })
    },
    remove(name) {
      if (!nodes.delete(name)) return
      for (const listener of changeListeners) listener(name)
    },
    onChange: (listener) => {
      changeListeners.push(listener)
    },
    onBeats: (listener) => {
      beatListeners.push(listener)
    },
  }
}

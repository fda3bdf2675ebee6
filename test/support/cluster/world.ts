import { setMaxListeners } from 'node:events'
import { MARKS_ANNOTATION } from '../../../src/core/annotations/marks.ts'
import type { NodeRepair } from '../../../src/core/model/node-repair.ts'
import type { Clock } from '../../../src/core/ports/clock.ts'
import type { DaemonOptions } from '../../../src/daemon/daemon-options.ts'
import { recordOf } from '../../../src/lib/pure/json.ts'
import { createNewId, createRandom, type Random } from '../../../src/lib/pure/random.ts'
import { createLocalApi, type LocalApi } from '../../../src/simulator/api/local.ts'
import { startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { createStore } from '../../../src/simulator/api/store/store.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { createPretendCloud, type PretendCloud } from '../../../src/simulator/cluster/cloud.ts'
import { kubeletSpeaks, type Timings } from '../../../src/simulator/cluster/machine.ts'
import { createMachines, type Machines } from '../../../src/simulator/cluster/machines.ts'
import { httpTo } from '../kube/api.ts'
import { httpInProcess } from '../kube/in-process.ts'
import { readRepair } from '../kube/repairs.ts'
import { createSteadyClock } from './steady-clock.ts'

const SPEED = 8
/** So many times as long is waited on a real wire. */
const PATIENCE = 5

export const QUICK: Timings = { heartbeatMs: 200, graceMs: 1_000, bootMs: 300, taskMs: 300, podMs: 200, tickMs: 100 }

/** An embedded cluster with pretend machines, for real daemons in this process. */
export interface World {
  readonly clock: Clock
  readonly api: LocalApi
  /** Where the API listens; undefined in a world without sockets. */
  readonly apiHost: string | undefined
  readonly machines: Machines
  readonly cloud: PretendCloud
  /** Keys of the orders that have changed something. */
  readonly acted: ReadonlySet<string>
  /** Steps that were sent once more although they had acted. The pretend cloud forgives that; not every cloud does. */
  readonly resent: readonly string[]
  readonly signal: AbortSignal
  /** For all in it that is left to chance. */
  readonly random: Random
  /** What one replica needs to see this world by its own clock. */
  eyes(clock: Clock): Promise<Pick<DaemonOptions, 'http' | 'probe'>>
  repairsOf(node: string): readonly NodeRepair[]
  /** What the API server stores of a Node. */
  node(name: string): {
    readonly uid: string
    readonly unschedulable: boolean
    readonly marks: string | undefined
    readonly annotations: Readonly<Record<string, string>>
  }
  patchNode(name: string, patch: object): void
  /** Rejects when it does not come true in time. */
  until(what: string, limitMs: number, holds: () => boolean): Promise<void>
  close(): Promise<void>
}

export interface WorldOptions {
  readonly sockets?: boolean
  readonly masters?: number
  readonly timings?: Timings
  /** The same seed, the same world, unless it has sockets. */
  readonly seed?: number
}

/**
 * Time is virtual and nothing of it outside this process, so that a minute takes milliseconds. With `sockets` the API
 * listens, and time passes as fast as the machine allows: for what can't be had without a real wire or program.
 */
export async function startWorld(
  workers = 3,
  { sockets = false, masters = 1, timings = QUICK, seed = 1 }: WorldOptions = {},
): Promise<World> {
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const random = createRandom(seed)
  const ground = sockets ? await startOnSockets() : startInProcess(random, stop.signal)
  const { clock, api } = ground
  const machines = createMachines({ api, clock, timings, network: '127.99', newId: createNewId(random) })
  const resent: string[] = []
  const acted = new Set<string>()
  const cloud = strict(createPretendCloud(machines), resent, acted)
  for (let index = 0; index < masters; index++) machines.add({ name: `m${index}`, role: 'master' })
  for (let index = 0; index < workers; index++) machines.add({ name: `w${index}`, role: 'worker' })
  const moving = machines.run(stop.signal)

  return {
    clock,
    api,
    apiHost: ground.apiHost,
    eyes: async (own) => ({ ...(await ground.eyes(own)), probe: probeOf(machines, own) }),
    machines,
    cloud,
    resent,
    acted,
    signal: stop.signal,
    random,
    repairsOf: (node) =>
      api.store.list('noderepairs').flatMap((stored) => {
        const read = readRepair(stored)
        return 'object' in read && read.object.spec.nodeName === node ? [read.object] : []
      }),
    node(name) {
      const stored = api.store.get('nodes', name)
      const annotations = (stored?.metadata.annotations ?? {}) as Readonly<Record<string, string>>
      return {
        uid: stored?.metadata.uid ?? '',
        unschedulable: recordOf(stored?.spec).unschedulable === true,
        marks: annotations[MARKS_ANNOTATION],
        annotations,
      }
    },
    patchNode(name, patch) {
      api.call('PATCH', `/api/v1/nodes/${name}`, patch, { contentType: 'application/merge-patch+json' })
    },
    async until(what, limitMs, holds) {
      // On a real wire time also passes while a busy machine does not get to us.
      const end = clock.now() + (sockets ? PATIENCE * limitMs : limitMs)
      while (!holds()) {
        if (clock.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
        await clock.sleep(50, stop.signal)
      }
    },
    async close() {
      stop.abort(new Error('the world ends'))
      await moving
      await ground.close()
    },
  }
}

type Ground = Pick<World, 'clock' | 'api' | 'apiHost' | 'eyes' | 'close'>

function startInProcess(random: Random, signal: AbortSignal): Ground {
  const clock = createVirtualClock()
  const api = createLocalApi({ clock, store: createStore(), bookmarkMs: 10_000, newId: createNewId(random) })
  const passing = clock.run(signal)
  return {
    ...{ clock, api, apiHost: undefined },
    eyes: async (own) => ({ http: httpInProcess(api, own) }),
    close: () => passing,
  }
}

async function startOnSockets(): Promise<Ground> {
  const clock = createSteadyClock(SPEED)
  const api = await startEmbeddedApi({ clock })
  return {
    ...{ clock, api, apiHost: api.url },
    eyes: async (own) => ({ http: await httpTo({ apiHost: api.url }, own) }),
    async close() {
      await api.stop()
      clock.stop()
    },
  }
}

/** A handshake with the port of a kubelet that runs succeeds; any other machine refuses it. */
function probeOf(machines: Machines, own: Clock): NonNullable<DaemonOptions['probe']> {
  return async ({ name }) => {
    const machine = machines.all().findLast(({ spec }) => spec.name === name)
    const answers = machine !== undefined && kubeletSpeaks(machine, own.now())
    const seen = answers
      ? ({ status: 'pass', reason: 'Reachable' } as const)
      : ({ status: 'fail', reason: 'Refused' } as const)
    return { ...seen, plane: 'probe', symptom: 'Unreachable', seenAt: own.now() }
  }
}

/** Notes each step that comes again, with the same cursor, after it has acted. */
function strict(cloud: PretendCloud, resent: string[], acted: Set<string>): PretendCloud {
  const spent = new Set<string>()
  return {
    ...cloud,
    async step(orders, cursor, signal) {
      const step = `${orders[0]?.key} ${JSON.stringify(cursor)}`
      if (spent.has(step)) resent.push(step)
      const before = cloud.acts().length
      const result = await cloud.step(orders, cursor, signal)
      if (cloud.acts().length > before) {
        spent.add(step)
        acted.add(orders[0]?.key ?? '')
      }
      return result
    },
  }
}

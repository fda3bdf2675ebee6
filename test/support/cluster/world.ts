import { setMaxListeners } from 'node:events'
import { MARKS_ANNOTATION } from '../../../src/core/annotations/marks.ts'
import type { NodeRepair } from '../../../src/core/model/node-repair.ts'
import type { Clock } from '../../../src/core/ports/clock.ts'
import { type EmbeddedApi, startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { fieldsOf } from '../../../src/simulator/api/store/objects.ts'
import { createPretendCloud, type PretendCloud } from '../../../src/simulator/cluster/cloud.ts'
import type { Timings } from '../../../src/simulator/cluster/machine.ts'
import { createMachines, type Machines } from '../../../src/simulator/cluster/machines.ts'
import { readRepair } from '../kube/repairs.ts'
import { createSteadyClock } from './steady-clock.ts'

const SPEED = 8

export const QUICK: Timings = { heartbeatMs: 200, graceMs: 1_000, bootMs: 300, taskMs: 300, podMs: 200, tickMs: 100 }

/** An embedded cluster with pretend machines, for real daemons in this process. */
export interface World {
  readonly clock: Clock
  readonly api: EmbeddedApi
  readonly machines: Machines
  readonly cloud: PretendCloud
  /** Keys of the orders that have changed something. */
  readonly acted: ReadonlySet<string>
  /** Steps that were sent once more although they had acted. The pretend cloud forgives that; not every cloud does. */
  readonly resent: readonly string[]
  readonly signal: AbortSignal
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

export async function startWorld(workers = 3): Promise<World> {
  const stop = new AbortController()
  const clock = createSteadyClock(SPEED)
  setMaxListeners(0, stop.signal)
  const api = await startEmbeddedApi({ clock })
  // Nobody listens there, so a probe of the kubelet is refused at once.
  const machines = createMachines({ api, clock, timings: QUICK, network: '127.99' })
  const resent: string[] = []
  const acted = new Set<string>()
  const cloud = strict(createPretendCloud(machines), resent, acted)
  machines.add({ name: 'm0', role: 'master' })
  for (let index = 0; index < workers; index++) machines.add({ name: `w${index}`, role: 'worker' })
  const moving = machines.run(stop.signal)

  return {
    clock,
    api,
    machines,
    cloud,
    resent,
    acted,
    signal: stop.signal,
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
        unschedulable: fieldsOf(stored?.spec).unschedulable === true,
        marks: annotations[MARKS_ANNOTATION],
        annotations,
      }
    },
    patchNode(name, patch) {
      api.call('PATCH', `/api/v1/nodes/${name}`, patch, { contentType: 'application/merge-patch+json' })
    },
    async until(what, limitMs, holds) {
      const end = clock.now() + limitMs
      while (!holds()) {
        if (clock.now() > end) throw new Error(`${what}: not within ${limitMs} ms`)
        await clock.sleep(50, stop.signal)
      }
    },
    async close() {
      stop.abort(new Error('the world ends'))
      await moving
      await api.stop()
      clock.stop()
    },
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

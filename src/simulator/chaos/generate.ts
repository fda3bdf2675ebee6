import type { Millis } from '../../core/model/primitives.ts'
import { createRandom, type Random } from '../../lib/pure/random.ts'
import type { MachineFault, Outage, OutageEvent, Selection } from '../outage/outage.ts'
import { nameOf, SHAPES, type Shape } from './shapes.ts'

const MINUTE = 60_000
/** heald is given so long after the end to bring everything back. */
const AFTER_MS = 120 * MINUTE
const CRASHES = ['kubelet', 'runtime', 'power', 'certificate'] as const

/** The outage of this number: the shapes in turn, everything else by chance. Equal numbers, equal outages. */
export function generateOutage(number: number, largest = 1_000): { readonly shape: Shape; readonly outage: Outage } {
  const random = createRandom(number)
  for (let skipped = 0; skipped < 3; skipped++) random()
  const shape = SHAPES[number % SHAPES.length] as Shape
  const cluster = clusterOf(random, largest)
  const at = 10 * MINUTE
  const lasts = Math.round(between(random, 5, 360)) * MINUTE
  const events = [...cutsOf(shape, random, at, lasts, cluster), ...(shape.crashes ? crashesOf(random, at, lasts) : [])]
  return { shape, outage: { title: `${nameOf(shape)} (${number})`, cluster, lasts: at + lasts + AFTER_MS, events } }
}

/** Small clusters are as likely as large ones, on a scale of powers. */
function clusterOf(random: Random, largest: number): Outage['cluster'] {
  const workers = Math.round(3 * (largest / 3) ** random())
  const masters = pick(random, [1, 3, 3, 5])
  const zones = pick(random, [1, 2, 3])
  const racks = Math.max(1, Math.round(workers / pick(random, [3, 5, 10, 20])))
  const common = { masters, zones, racks, zoneLabels: random() < 0.6 }
  const count = pick(random, [1, 1, 2, 5])
  if (count === 1 || workers < 2 * count) return { ...common, workers }
  const size = Math.floor(workers / count)
  return { ...common, pools: Array.from({ length: count }, (_, index) => ({ name: `pool-${index}`, workers: size })) }
}

function cutsOf(
  shape: Shape,
  random: Random,
  at: Millis,
  lasts: Millis,
  cluster: Outage['cluster'],
): readonly OutageEvent[] {
  const time = { at, for: lasts }
  if ('world' in shape) {
    switch (shape.world) {
      case 'leader':
        return [{ what: 'heald-api', ...time }]
      case 'probes':
        return [{ what: 'heald-nodes', ...time }]
      case 'API':
        return [{ what: 'api', ...time }]
      case 'cloud':
        return [{ what: 'cloud', ...time }]
      case 'DNS':
        return [
          { what: 'cloud', ...time },
          { what: 'heald-nodes', ...time },
        ]
      case 'lying cloud':
        return [{ what: 'cloud-lies', ...time, nodes: {}, says: pick(random, ['off', 'gone', 'error']) }]
    }
  }
  const { place, manner } = shape
  const half: Selection = manner === 'partial' ? { percent: 50 } : {}
  const cut = (nodes: Selection): MachineFault => ({
    ...{ what: 'network', ...time, nodes, every: 0 },
    direction: manner === 'one-way in' ? 'in' : manner === 'one-way out' ? 'out' : 'both',
    loss: manner === 'lossy' ? between(random, 0.3, 0.9) : 1,
    ...(manner === 'flapping'
      ? { flaps: { down: between(random, 1, 12) * MINUTE, up: between(random, 1, 12) * MINUTE } }
      : {}),
  })
  switch (place) {
    case 'node':
      return [cut({ role: random() < 0.8 ? 'worker' : 'master', first: 1 })]
    case 'rack':
      return [cut({ rack: 1 + Math.floor(random() * cluster.racks), ...half })]
    case 'zone':
      return [cut({ zone: 'a', ...half })]
    case 'two zones':
      return [cut({ zone: 'a', ...half }), cut({ zone: 'b', ...half })]
    case 'all':
      return [cut(half)]
  }
}

/** One to three workers break for good, each in its own way, anywhere and at any time of the outage. */
function crashesOf(random: Random, at: Millis, lasts: Millis): readonly MachineFault[] {
  return Array.from({ length: pick(random, [1, 1, 2, 3]) }, () => ({
    what: pick(random, CRASHES),
    at: at + Math.floor(random() * lasts),
    nodes: [`w${Math.floor(random() * 3)}`],
    every: 0,
  }))
}

function between(random: Random, least: number, most: number): number {
  return least + random() * (most - least)
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T
}

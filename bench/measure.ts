import type { HeapProfiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export async function milliseconds(job: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await job()
  return performance.now() - start
}

/** Fixed work of the kind that a round is made of, maps and small objects. A time over this one means something on a busy machine too. */
export function calibrationLoop(): number {
  const start = performance.now()
  const all = new Map<string, { readonly at: number }>()
  for (let index = 0; index < 20_000; index++) all.set(`node-${index}`, { at: (index * 7_919) % 20_000 })
  const sorted = [...all.values()].sort((a, b) => a.at - b.at)
  if (sorted.length !== all.size) throw new Error('bench: the calibration loop is wrong')
  return performance.now() - start
}

/**
 * Bytes that `job` allocates on the heap, what is freed at once included: V8's sampling heap profiler, which counts one
 * allocation in about 16 KiB, so it is within a few per cent from 10 MB on.
 */
export async function allocatedBytes(job: () => Promise<void>): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: 16_384,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    })
    await job()
    const { profile } = await session.post('HeapProfiler.stopSampling')
    return sizeOf(profile.head)
  } finally {
    session.disconnect()
  }
}

function sizeOf({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((sum, child) => sum + sizeOf(child), selfSize)
}

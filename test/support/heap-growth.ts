import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** How many bytes of heap each call of `work` leaves behind for good, after warming up. */
export async function heapGrowthPerCall(calls: number, work: () => Promise<unknown>): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const settle = async (): Promise<number> => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    return process.memoryUsage().heapUsed
  }
  for (let call = 0; call < calls / 4; call++) await work()
  const before = await settle()
  for (let call = 0; call < calls; call++) await work()
  return ((await settle()) - before) / calls
}

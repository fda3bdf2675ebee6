import { startOpenStackLab } from '../test/lab/openstack-cluster.ts'
import { accountOf, runFile, sampleFile, withLease } from '../test/lab/openstack-heald.ts'
import { startCloudProxy } from '../test/lab/openstack-proxy.ts'
import { until } from '../test/lab/until.ts'

/** Beside the documented sample: nothing that changes when it acts, only that five faults fit into an hour. */
const SHORT = `compatibility: magnum-auto-healer
leader-election: {additional-locks: []}
gates: {rate: {perHour: 100, perDay: 100}}
ladder: {worker: [{rung: reboot-soft, soak: 1s}]}
`

/** Seconds until heald calls Nova, once per worker: with the documented sample from Ready=Unknown on, with NodeLease from the fault on. */
export async function benchDetection(times: number): Promise<{ readonly sample: number[]; readonly lease: number[] }> {
  const lab = await startOpenStackLab({ name: 'os-bench', masters: 1, workers: times, slow: true })
  const proxy = await startCloudProxy()
  try {
    for (const node of [...lab.masters, ...lab.workers]) await lab.age(node, 60)
    const text = `${SHORT}${await sampleFile(lab, proxy, await accountOf(lab))}`
    const measure = async (file: string, isSilent: boolean): Promise<number[]> => {
      const daemon = await runFile(lab, file)
      const took: number[] = []
      try {
        for (const worker of lab.workers) {
          const sent = proxy.acts().length
          await lab.fault(worker, 'kubelet-dead')
          let from = Date.now()
          if (isSilent) {
            await until(`${worker} is Unknown`, async () => !(await lab.isReady(worker)), 90_000, 50)
            from = Date.now()
          }
          const act = await until('heald calls Nova', () => proxy.acts()[sent], 180_000, 20)
          took.push((act.at - from) / 1_000)
          process.stderr.write(`# ${isSilent ? 'sample' : 'lease'}: ${took.at(-1)} s\n`)
          const isOver = (repair: { status?: { finishedAt?: string } }): boolean =>
            repair.status?.finishedAt !== undefined
          await until('the repair ends', async () => (await lab.repairs()).every(isOver), 120_000)
        }
      } finally {
        await daemon.end()
      }
      return took
    }
    const sample = await measure(text, true)
    return { sample, lease: await measure(withLease(text), false) }
  } finally {
    await proxy.close()
    await lab.stop()
  }
}

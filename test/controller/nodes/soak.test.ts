import t from 'tap'
import { acts, inWorld, phase } from '../../support/cluster/in-world.ts'
import { config } from '../../support/cluster/replica.ts'

const TEXT = config({
  ladder: '{rung: start}, {rung: reboot-hard, deadline: 20s, verify: 60s, soak: 15s}',
  unhealthy: '10s',
}).replaceAll('healthyDuration: 0s', 'healthyDuration: 40s')

t.test(
  'a node that is NotReady for a moment in the soak goes on with it: its clocks began with the boot',
  async (t) => {
    const { world } = await inWorld(t, { text: TEXT })
    world.machines.break('w0', 'runtime-dead')
    await world.until('soaking', 120_000, () => phase(world, 'w0') === 'Soaking')
    await world.clock.sleep(3_000, world.signal)
    const isReady = (): boolean => {
      const { conditions = [] } = (world.api.store.get('nodes', 'w0')?.status ?? {}) as {
        readonly conditions?: readonly { readonly type: string; readonly status: string }[]
      }
      return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
    }
    world.machines.break('w0', 'runtime-dead')
    await world.until('not ready', 10_000, () => !isReady())
    await world.clock.sleep(3_000, world.signal)
    world.machines.mend('w0', 'runtime-dead')
    await world.until('it has ended', 120_000, () => phase(world, 'w0') === 'Succeeded')
    t.match(world.repairsOf('w0'), [{ status: { reason: 'Repaired', attempts: [{ state: 'Verified' }] } }])
    t.same(acts(world, 'w0'), ['reboot-hard'])
  },
)

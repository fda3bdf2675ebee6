import t from 'tap'
import { startEmbeddedApi } from '../../../src/simulator/api/server.ts'
import { createVirtualClock } from '../../../src/simulator/clock/virtual-clock.ts'
import { createPretendCloud } from '../../../src/simulator/cluster/cloud.ts'
import { FAST } from '../../../src/simulator/cluster/machine.ts'
import { createMachines } from '../../../src/simulator/cluster/machines.ts'
import { testCloudProvider } from '../../contract/cloud-provider.ts'
import { node } from '../../support/pure/view.ts'

t.test('the pretend cloud keeps the promises of a cloud provider', async (t) => {
  const clock = createVirtualClock()
  const api = await startEmbeddedApi({ clock })
  const machines = createMachines({ api, clock, timings: FAST })
  const stop = new AbortController()
  const running = machines.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await running
    await api.stop()
  })
  const cloud = createPretendCloud(machines)
  let told = 0

  await testCloudProvider(t, {
    repairs: [
      { rung: 'start', from: 'off' },
      { rung: 'start', from: 'paused' },
      { rung: 'reboot-soft', from: 'running' },
      { rung: 'reboot-hard', from: 'running' },
      { rung: 'reboot-hard', from: 'paused' },
      { rung: 'replace', from: 'running' },
      { rung: 'replace', from: 'off' },
    ],
    provider: () => cloud,
    async create(name) {
      machines.add({ name, role: 'worker' })
      return node(name, { providerID: `pretend://${machines.cluster}/${name}` })
    },
    async breakIt({ name }, fault) {
      if (fault === 'off') machines.powerOff(name)
      else if (fault === 'paused') machines.pause(name)
      else if (fault === 'gone') machines.remove(machines.get(name))
      else machines.get(name).cluster = 'other'
    },
    async mutations() {
      const fresh = cloud.acts().slice(told)
      told += fresh.length
      return fresh.map(({ act, name }) => `${act} ${name}`)
    },
    sleep: (ms) => clock.advance(Math.max(ms, 50)),
  })
})

import t from 'tap'
import { CLUSTER_LABEL } from '../../../src/cloudprovider/docker/machine.ts'
import type { Order } from '../../../src/core/model/order.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import { type CuttingProxy, startCuttingProxy, type Trouble } from '../../support/docker/cutting-proxy.ts'
import { dockerProvider } from '../../support/docker/docker-provider.ts'
import { startTinyEngine, type TinyEngine } from '../../support/docker/tiny-engine.ts'
import { driveAttempt } from '../../support/drive-attempt.ts'

const LABELS = { [CLUSTER_LABEL]: 'tiny' }
/** Nobody waits seconds for an answer that never comes. */
const PATIENCE = { readMs: 100, changeMs: 150 }
const never = new AbortController().signal

/** Attempts of one rung, as many as heald would make; what is late is carried out after the first call that comes later. */
async function repair(engine: TinyEngine, proxy: CuttingProxy, rung: RungName, spoil: () => void): Promise<number> {
  engine.containers.clear()
  engine.performed.length = 0
  const machine = engine.run('w1', LABELS)
  if (rung === 'start') machine.State.Status = 'exited'
  let now = 0
  const clock = { now: () => now, wall: () => now, sleep: async () => undefined }
  const provider = dockerProvider({ socket: proxy.socket, cluster: 'tiny' }, { clock }, PATIENCE)
  const instance = { id: machine.Id, name: 'w1', group: 'tiny' }
  const { bootMark = '' } = await dockerProvider({ socket: engine.socket, cluster: 'tiny' }).inspect(instance, never)
  spoil()
  let calls = 0
  const pause = async (ms: number): Promise<void> => {
    now += Math.max(ms, 500)
    calls += 1
    if (calls > 1) await proxy.catchUp()
  }
  for (let number = 1; number <= 3; number++) {
    const order: Order = { rung, repair: 'r', nodeName: 'w1', nodeUID: 'u', instance, bootMark, key: `r-${number}` }
    const before = engine.performed.length
    const end = await driveAttempt(provider, order, pause)
    if (end.state === 'done') break
    if (end.state !== 'failed' || end.effect !== 'none') throw new Error(`${rung}: ${JSON.stringify(end)}`)
    // What was proven not to be sent is the only thing that may be sent again.
    if (engine.performed.length > before) throw new Error(`${rung}: "not sent", and it was: ${engine.performed}`)
    await proxy.catchUp()
  }
  await proxy.catchUp()
  return engine.performed.filter((act) => /\/(restart|start|create)(\?|$)/.test(act)).length
}

for (const trouble of ['cut', 'late', 'lost', 'silent', 'silent-late', 'silent-lost'] satisfies Trouble[]) {
  t.test(`one act per repair, whichever request is ${trouble}`, async (t) => {
    const engine = await startTinyEngine()
    const proxy = await startCuttingProxy(engine.socket)
    t.teardown(async () => {
      await proxy.close()
      await engine.close()
    })
    for (const [rung, acts] of [
      ['start', 1],
      ['reboot-hard', 1],
      ['replace', 2],
    ] satisfies [RungName, number][]) {
      proxy.trouble(-1, trouble)
      await repair(engine, proxy, rung, () => proxy.trouble(-1, trouble))
      const requests = proxy.count
      t.ok(requests >= 3, `${rung} asks ${requests} times`)
      for (let index = 0; index < requests; index++) {
        const sent = await repair(engine, proxy, rung, () => proxy.trouble(index, trouble))
        t.equal(sent, acts, `${rung}: request ${index} ${trouble}`)
        t.match(
          [...engine.containers.values()].map(({ Name, State }) => [Name, State.Status]),
          [['/w1', 'running']],
        )
      }
    }
  })
}

import fc from 'fast-check'
import t from 'tap'
import { CLUSTER_LABEL } from '../../../src/cloudprovider/docker/machine.ts'
import type { Order, StepResult } from '../../../src/core/model/order.ts'
import type { Json } from '../../../src/core/model/primitives.ts'
import type { RungName } from '../../../src/core/model/rungs.ts'
import type { CloudProvider } from '../../../src/core/ports/cloud-provider.ts'
import { type CloudFixture, testCloudProvider } from '../../contract/cloud-provider.ts'
import { DOCKER_REPAIRS, dockerProvider } from '../../support/docker/docker-provider.ts'
import { type Fate, startTinyEngine, type TinyEngine } from '../../support/docker/tiny-engine.ts'
import { node } from '../../support/pure/view.ts'

const CLUSTER = 'tiny'
const LABELS = { [CLUSTER_LABEL]: CLUSTER }
const never = new AbortController().signal

function providerOf(engine: TinyEngine): CloudProvider {
  return dockerProvider({ socket: engine.socket, cluster: CLUSTER })
}

t.test('the Docker provider keeps the contract on an engine in memory', async (t) => {
  const engine = await startTinyEngine()
  t.teardown(() => engine.close())
  const byName = (name: string) => [...engine.containers.values()].find((one) => one.Name === `/${name}`)!
  const cloud: CloudFixture = {
    repairs: DOCKER_REPAIRS,
    provider: () => providerOf(engine),
    async create(name) {
      engine.run(name, LABELS)
      return node(name, { providerID: `kind://docker/${CLUSTER}/${name}` })
    },
    async breakIt({ name }, fault) {
      const machine = byName(name)
      if (fault === 'off') machine.State.Status = 'exited'
      if (fault === 'paused') machine.State.Status = 'paused'
      if (fault === 'gone') engine.containers.delete(machine.Id)
      if (fault === 'foreign') machine.Config.Labels = { [CLUSTER_LABEL]: 'another' }
    },
    mutations: async () => engine.mutations.splice(0),
    sleep: async () => undefined,
  }
  await testCloudProvider(t, cloud)
})

/** How a call of the leader may end, other than well. */
type Ending = Fate | 'dies-before' | 'dies-after'
const fate = fc.constantFrom<Ending[]>('ok', 'ok', 'cut-after', 'cut-before', 500, 'dies-after', 'dies-before')

t.test('whatever is lost, cut or refused on the way, there is one machine in the end and no act twice', async (t) => {
  const engine = await startTinyEngine()
  t.teardown(() => engine.close())
  let count = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<RungName>('reboot-hard', 'replace'),
      fc.constantFrom('running', 'paused'),
      fc.array(fate, { maxLength: 12 }),
      async (rung, power, fates) => {
        engine.containers.clear()
        engine.performed.length = 0
        count += 1
        const name = `machine-${count}`
        const other = engine.run('bystander', { [CLUSTER_LABEL]: 'another' })
        const bystander = structuredClone(other)
        const machine = engine.run(name, LABELS)
        machine.State.Status = power
        const provider = providerOf(engine)
        const instance = { id: machine.Id, name, group: CLUSTER }
        const { bootMark } = await provider.inspect(instance, never)
        const order = {
          rung,
          repair: 'r',
          nodeName: name,
          nodeUID: 'u',
          instance,
          key: `r/${count}`,
          bootMark: bootMark!,
        }
        const end = await lead(engine, order, fates)
        const named = [...engine.containers.values()].filter((one) => one.Name.startsWith(`/${name}`))
        const acts = engine.performed.filter((request) => /\/(create|restart|start)(\?|$)/.test(request))
        return (
          end.state === 'done' &&
          named.length === 1 &&
          named[0]?.Name === `/${name}` &&
          named[0].State.Status === 'running' &&
          (named[0].Id === machine.Id) === (rung === 'reboot-hard') &&
          acts.length <= (rung === 'replace' ? 2 : 1) &&
          JSON.stringify(other) === JSON.stringify(bystander)
        )
      },
    ),
    { numRuns: 60 },
  )
  t.ok(count >= 60)
})

/** A leader with the controller's rules: store the cursor, step; after any doubt recover; `none` = the same step again. */
async function lead(engine: TinyEngine, order: Order, fates: readonly Ending[]): Promise<StepResult> {
  const left = [...fates]
  let cursor: Json | undefined
  for (let calls = 0; calls < 100; calls++) {
    const now = left.shift() ?? 'ok'
    engine.fate = () => (now === 'dies-after' || now === 'dies-before' ? 'ok' : now)
    let result: StepResult | undefined
    if (now !== 'dies-before') {
      result = await providerOf(engine)
        .step([order], cursor, never)
        .catch(() => undefined)
    }
    if (now === 'dies-after' || result === undefined) result = await providerOf(engine).recover([order], cursor, never)
    if (result.state === 'done') return result
    if (result.state === 'failed' && result.effect === 'maybe') return result
    if (result.state === 'running') cursor = result.cursor
  }
  return { state: 'failed', reason: 'NoEnd', effect: 'maybe' }
}

import { guardProvider } from '../../src/cloudprovider/contract/guard.ts'
import type { Decision, View } from '../../src/core/model/view.ts'
import type { Clock } from '../../src/core/ports/clock.ts'
import type { CloudProvider } from '../../src/core/ports/cloud-provider.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import { createReloader } from '../../src/daemon/config-boot.ts'
import { createDaemon, type Daemon } from '../../src/daemon/replica.ts'
import { CONFIG_MAP, config } from '../support/cluster/replica.ts'
import { startWorld, type World } from '../support/cluster/world.ts'
import { httpTo } from '../support/kube/api.ts'
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts'

interface Teardown {
  teardown(handler: () => Promise<void>): void
}

export interface StageOptions {
  readonly text?: string
  /** heald's configuration is the ConfigMap's, not a file. */
  readonly configured?: boolean
  /** A world with a wire, in real time. */
  readonly sockets?: boolean
  provider?(world: World): CloudProvider
  /** Where heald finds the API server. */
  api?(world: World): Promise<string>
  /** heald's clock, made from the world's. */
  clock?(clock: Clock): Clock
}

/** One real daemon in this process, before an embedded API and pretend machines: `m0`, `w0`, `w1`, `w2`. */
export interface Stage {
  readonly world: World
  readonly daemon: Daemon
  readonly log: MemoryLog
  readonly notices: Notice[]
  offer(text: string): boolean
  decision(): { readonly view: View; readonly decision: Decision } | undefined
  /** What heald, or somebody in its name, has done to machines and Nodes. */
  touched(): readonly string[]
  told(reason: string): readonly Notice[]
  /** So many more decisions were made. */
  rounds(count: number): Promise<void>
  /** Breaks the kubelet of this node and waits until it is repaired, which only a daemon that lives can do. */
  stillHeals(node: string): Promise<void>
  /** Waits until the node's repair has succeeded; else fails with what holds it. */
  healed(node: string): Promise<void>
}

export async function startStage(t: Teardown, options: StageOptions = {}): Promise<Stage> {
  const { text = config(), configured = false, sockets = false } = options
  const world = await startWorld(3, { sockets })
  await world.until('the nodes are there', 30_000, () => world.api.store.list('nodes').length === 4)
  const { namespace, name } = CONFIG_MAP
  world.api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
    metadata: { name },
    data: { 'config.yaml': text },
  })
  const clock = options.clock?.(world.clock) ?? world.clock
  const log = createMemoryLog()
  const notices: Notice[] = []
  const tell = (notice: Notice): void => void notices.push(notice)
  const keeper = createReloader(
    { file: 'test', configMap: configured ? `${namespace}/${name}` : undefined },
    tell,
    clock,
  )
  if (!keeper.offer(text, 'file')) throw new Error(`configuration: ${keeper.lastError()?.message}`)
  const { http, probe } = await world.eyes(clock)
  const apiHost = await options.api?.(world)
  let known: { readonly view: View; readonly decision: Decision } | undefined
  let decisions = 0
  const daemon = createDaemon({
    ...{ clock, log, tell, keeper, ownNode: undefined, stopFile: undefined, token: undefined },
    http: apiHost === undefined ? http : await httpTo({ apiHost }, clock),
    probe,
    provider: guardProvider(options.provider?.(world) ?? world.cloud, { clock, tell, timeoutMs: 2_000 }),
    configMap: { ...CONFIG_MAP, configured },
    suspectIntervalMs: 300,
    heartbeatIntervalMs: 300,
    onDecision: (view, decision) => {
      known = { view, decision }
      decisions++
    },
  })
  const end = new AbortController()
  const running = daemon.run(end.signal)
  t.teardown(async () => {
    end.abort(new Error('the test is over'))
    await running
    await world.close()
  })
  await world.until('heald leads and has tried the ledger', 60_000, () => known?.view.sight.ledger.usable === true)

  const stage: Stage = {
    ...{ world, daemon, log, notices },
    offer: (offered) => keeper.offer(offered, 'file'),
    decision: () => known,
    touched() {
      const nodes = world.api.store.list('nodes').filter(({ metadata }) => {
        const { unschedulable, marks } = world.node(metadata.name)
        return unschedulable || marks?.includes('"repair"') === true
      })
      return [
        ...world.cloud.acts().map(({ act, name: node }) => `${act} ${node}`),
        ...nodes.map(({ metadata }) => `cordoned or marked ${metadata.name}`),
        ...world.api.store.list('noderepairs').map(({ metadata }) => `repair ${metadata.name}`),
      ]
    },
    told: (reason) => notices.filter((notice) => notice.reason === reason),
    async rounds(count) {
      const goal = decisions + count
      await world.until(`${count} decisions`, 60_000, () => decisions >= goal)
    },
    async stillHeals(node) {
      world.machines.break(node, 'runtime-dead')
      await stage.healed(node)
    },
    async healed(node) {
      await world
        .until(`${node} is repaired`, 60_000, () => world.repairsOf(node).at(-1)?.status?.phase === 'Succeeded')
        .catch((thrown: unknown) => {
          const verdict = known?.decision.verdicts.get(node)
          const held = verdict?.gates.filter((gate) => !gate.pass).map((gate) => `${gate.gate}: ${gate.message}`)
          const repairs = world.repairsOf(node).map((one) => `${one.status?.phase} ${one.status?.reason}`)
          const said = notices.slice(-5).map((notice) => `${notice.reason}: ${notice.message}`)
          throw new Error(
            `${String(thrown)}: ${verdict?.kind}: ${held?.join('; ')} (${repairs.join(', ')}; ${said.join('; ')})`,
          )
        })
    },
  }
  return stage
}

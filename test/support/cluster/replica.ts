import { guardProvider } from '../../../src/cloudprovider/contract/guard.ts'
import type { Millis } from '../../../src/core/model/primitives.ts'
import type { Decision, View } from '../../../src/core/model/view.ts'
import type { Notice } from '../../../src/core/ports/log.ts'
import { createReloader } from '../../../src/daemon/config-boot.ts'
import type { DaemonOptions } from '../../../src/daemon/daemon-options.ts'
import { createDaemon, type Daemon } from '../../../src/daemon/replica.ts'
import type { Section } from '../../../src/daemon/section.ts'
import { SECTIONS } from '../../../src/daemon/sections.ts'
import { createNewId } from '../../../src/lib/pure/random.ts'
import type { Sink } from '../../../src/telemetry/sinks.ts'
import { createTell } from '../../../src/telemetry/tell.ts'
import { createMemoryLog } from '../memory-log.ts'
import { createGate, type Gate } from './gate.ts'
import type { World } from './world.ts'

export interface Replica {
  readonly name: string
  readonly gate: Gate
  readonly daemon: Daemon
  readonly notices: readonly Notice[]
  alive(): boolean
  /** Rejects when one of its loops has failed. */
  readonly ended: Promise<void>
  leading(): boolean
  decision(): { readonly view: View; readonly decision: Decision } | undefined
  /** Nothing of it reaches anybody any more: SIGKILL. */
  kill(): void
  freeze(): void
  thaw(): void
  /** SIGTERM. */
  stop(): Promise<void>
  /** Takes over this configuration; false when it is refused. */
  configure(text: string): boolean
}

export const CONFIG_MAP = { namespace: 'kube-system', name: 'heald-config' } as const

/** The same keys as in any cluster, with the shortest times. */
export function config(change: { ladder?: string; unhealthy?: string; extra?: string } = {}): string {
  const { ladder = '{rung: reboot-hard, deadline: 20s, verify: 20s, soak: 1s}', unhealthy = '0s', extra = '' } = change
  const check = `{type: NodeCondition, params: {unhealthyDuration: ${unhealthy}, healthyDuration: 0s}}`
  return `cloudProvider: none
monitorInterval: 1s
checkDelayAfterAdd: 0s
rebuildDelayAfterReboot: 0s
healthcheck: {master: [${check}], worker: [${check}]}
leaderElection: {leaseDuration: 5s, renewDeadline: 4s, retryPeriod: 500ms}
ladder: {master: [${ladder}], worker: [${ladder}]}
gates:
  heartbeatMaxAge: 10s
  correlatedCause: {window: 0s}
  breaker: {poolPercent: 100, clusterPercent: 100}
  rate: {perNode: 50, perHour: 500, perDay: 5000}
${extra}`
}

/** One replica of the real daemon in this process, over a real transport, behind a gate of its own. */
export async function startReplica(
  world: World,
  name: string,
  text = config(),
  intervalMs: Millis = 300,
  sections: readonly Section[] = SECTIONS,
): Promise<Replica> {
  const gate = createGate()
  const clock = gate.clock(world.clock)
  const notices: Notice[] = []
  const log = createMemoryLog()
  const heard: Sink = { failure: 'NoticeNotHeard', take: (notice) => void notices.push(notice) }
  let emit = createTell({ log, sinks: [heard] })
  const tell = (notice: Notice): void => emit(notice)
  const keeper = createReloader({ file: 'test', configMap: undefined }, tell, clock)
  if (!keeper.offer(text, 'file')) throw new Error(`configuration: ${keeper.lastError()?.message}`)
  const { http, probe } = await world.eyes(clock)
  let leading = false
  let alive = true
  let known: { readonly view: View; readonly decision: Decision } | undefined
  const options: DaemonOptions = {
    clock,
    log,
    tell,
    http: gate.http(http),
    probe,
    keeper,
    provider: guardProvider(gate.cloud(world.cloud), { clock, tell }),
    ownNode: undefined,
    configMap: { ...CONFIG_MAP, configured: false },
    stopFile: undefined,
    token: undefined,
    random: world.random,
    newId: createNewId(world.random),
    suspectIntervalMs: intervalMs,
    heartbeatIntervalMs: intervalMs,
    onDecision: (view, decision) => {
      known = { view, decision }
    },
    onElection: (status) => {
      leading = status.leading
    },
  }
  const daemon = createDaemon(options, sections)
  emit = createTell({ log, sinks: [heard, ...daemon.sinks] })
  for (const loop of daemon.loops) Object.assign(loop, gate.loop({ ...loop }))
  const end = new AbortController()
  const stop = (): void => end.abort(new Error('stopped'))
  world.signal.addEventListener('abort', stop, { once: true })
  const running = daemon.run(end.signal)
  running.catch(() => undefined)
  return {
    name,
    gate,
    daemon,
    notices,
    leading: () => leading,
    decision: () => known,
    alive: () => alive,
    ended: running,
    kill() {
      alive = false
      gate.kill()
    },
    freeze: gate.freeze,
    thaw: gate.thaw,
    async stop() {
      alive = false
      stop()
      await running
    },
    configure: (next) => keeper.offer(next, 'file'),
  }
}

/** Several replicas, one of which leads when this resolves. */
export async function startReplicas(
  world: World,
  count: number,
  text?: string,
  waitFor?: 'leading',
): Promise<readonly Replica[]> {
  const replicas = await Promise.all(
    Array.from({ length: count }, (_, index) => startReplica(world, `r${index}`, text)),
  )
  await leader(world, replicas, waitFor)
  return replicas
}

/** Whoever leads, and has taken over unless told otherwise. */
export async function leader(world: World, replicas: readonly Replica[], waitFor?: 'leading'): Promise<Replica> {
  const ready = (): Replica | undefined =>
    replicas.find(
      (one) => one.leading() && (waitFor === 'leading' || one.decision()?.view.sight.ledger.usable === true),
    )
  const told = (): string =>
    replicas.flatMap(({ notices }) => notices.map((one) => `${one.reason}: ${one.message}`)).join('; ')
  await world
    .until('somebody leads', 30_000, () => ready() !== undefined)
    .catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}; they say: ${told()}`)
    })
  return ready() as Replica
}

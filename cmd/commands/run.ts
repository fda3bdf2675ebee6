import type { Command } from 'commander'
import { guardProvider } from '../../src/cloudprovider/contract/guard.ts'
import { refsOf } from '../../src/core/model/object-ref.ts'
import type { Decision, View } from '../../src/core/model/view.ts'
import type { Tell } from '../../src/core/ports/log.ts'
import {
  awaitConfig,
  configFileLoop,
  createReloader,
  DEFAULT_CONFIG_MAP,
  kubeconfigLimits,
  offerFile,
  parseReference,
} from '../../src/daemon/config-boot.ts'
import { NOT_ELECTED } from '../../src/daemon/election.ts'
import { createDaemon, type Daemon } from '../../src/daemon/replica.ts'
import { countRepair } from '../../src/daemon/reporting/count-repairs.ts'
import { countRequests } from '../../src/daemon/reporting/count-requests.ts'
import { createNoticeEvents } from '../../src/daemon/reporting/notice-events.ts'
import { createKnown, createPages } from '../../src/daemon/reporting/pages.ts'
import { metricsOf } from '../../src/daemon/reporting/snapshot.ts'
import { createLiveness } from '../../src/http/liveness.ts'
import { startHttp } from '../../src/http/server.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { asError } from '../../src/lib/errors.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { countSink, eventSink, logSink } from '../../src/telemetry/sinks.ts'
import { createTell } from '../../src/telemetry/tell.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { createProvider } from '../cli/provider.ts'

interface RunOptions {
  readonly config?: string
  readonly configMap?: string
  readonly kubeconfig?: string
  readonly nodeName?: string
  readonly stopFile?: string
  readonly allowExec?: string
}

const STALE_LOOP_MS = 60_000

export function registerRun(program: Command, version: string): void {
  program
    .command('run')
    .description('Run the daemon: observe always, act while leading. SIGTERM ends it gently.')
    .option('--config <file>', 'configuration file, reloaded when it changes')
    .option(
      '--config-map <namespace/name>',
      'ConfigMap whose key config.yaml is the configuration, watched through the API; --config is the fallback',
    )
    .option('--kubeconfig <file>', "kubeconfig; default: the pod's own account")
    .option('--node-name <name>', 'the node that this runs on; default: NODE_NAME')
    .option('--stop-file <file>', 'while this file exists, this replica neither acts nor leads')
    .option(
      '--allow-exec <folder>',
      'from here alone programs and modules that the ConfigMap names may run: checks, the cloud, docker.rejoinCommand, credential plugins; default: nothing',
    )
    .addHelpText(
      'after',
      `
Examples:
  heald run --config /etc/heald/config.yaml
  heald run --config-map kube-system/heald-config --config /etc/heald/config.yaml --stop-file /run/heald.stop`,
    )
    .action((options: RunOptions) => run(options, version))
}

/**
 * What nobody caught is a fault of heald, and what it has left behind is not known: the replica ends as it does when a
 * loop dies, with the Lease released.
 */
function endOnFault(stop: AbortController, tell: Tell): () => Error | undefined {
  let fault: Error | undefined
  // Rejections that nobody handles arrive here too.
  process.on('uncaughtException', (thrown) => {
    if (fault !== undefined) return
    fault = new Error(`nobody caught: ${asError(thrown).message}`, { cause: thrown })
    tell({ level: 'error', reason: 'Uncaught', message: `${fault.message}; heald ends` })
    stop.abort(fault)
  })
  return () => fault
}

async function run(options: RunOptions, version: string): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort(new Error(name)))
  const reference = referenceOf(options)
  const clock = systemClock
  const nodeName = options.nodeName ?? process.env.NODE_NAME
  const base = { version, ...(nodeName === undefined ? {} : { replica: nodeName }) }
  let log = createLog({ level: 'info', base })
  let election = NOT_ELECTED
  let decided: { view: View; decision: Decision } | undefined
  const metrics = createMetrics(() => metricsOf(known()))
  let emit = createTell({ log, sinks: [logSink(log), countSink(metrics)] })
  const tell: Tell = (notice) => {
    if (notice.reason === 'ConfigInvalid') metrics.configError()
    emit(notice)
  }
  const fault = endOnFault(stop, tell)

  const names = { file: options.config, configMap: options.configMap, allowExec: options.allowExec }
  const keeper = createReloader(names, tell, clock)
  const problems = await offerFile(keeper, options.config)
  if (problems !== undefined && reference === undefined) throw new ExitError(EXIT.usage, problems)
  const credentials = await loadCredentials({
    kubeconfig: options.kubeconfig ?? keeper.current()?.kubernetes.kubeconfig,
    limits: options.kubeconfig === undefined ? kubeconfigLimits(names) : undefined,
    apiHost: keeper.current()?.kubernetes.apiHost,
    env: process.env,
  })
  const http = countRequests(createTransport(credentials, clock), metrics.apiRequest)
  const config = await awaitConfig(keeper, { http, configMap: reference }, { clock, tell }, stop.signal)
  if (config === undefined)
    throw fault() ?? new ExitError(EXIT.tryAgain, 'heald run: stopped before a configuration came in')

  log = createLog({ level: config.log.level, base })
  const provider = guardProvider(
    createProvider(config, { clock, log, ownNode: nodeName, nodes: () => daemon.view().nodes.values() }),
    { clock, tell },
  )
  const liveness = createLiveness({
    clock,
    staleAfterMs: STALE_LOOP_MS,
    shutdown: stop.signal,
    failure: () => daemon.failure() ?? fault(),
  })
  const daemon: Daemon = createDaemon({
    clock,
    log,
    tell,
    http,
    keeper,
    provider,
    ownNode: nodeName,
    configMap: { ...(reference ?? DEFAULT_CONFIG_MAP), configured: reference !== undefined },
    stopFile: options.stopFile,
    token: async () => (await credentials.headers(stop.signal)).authorization?.replace(/^Bearer /, '') ?? '',
    clusterCA: async () => (await credentials.tls(credentials.hosts[0] ?? '', stop.signal)).ca?.toString(),
    loops: options.config === undefined ? [] : [configFileLoop(options.config, keeper, { clock })],
    onTick: liveness.tick,
    onDecision: (view, decision, tookMs) => {
      decided = { view, decision }
      metrics.decided(tookMs)
    },
    onRecordLost: metrics.recordLost,
    onStall: metrics.stoodStill,
    onRepair: (after, before) => {
      if (election.leading) countRepair(metrics, after, before)
    },
    onElection: (status) => {
      if (!status.leading) decided = undefined
      election = status
    },
  })
  const sources = { daemon, keeper, election: () => election, decided: () => decided }
  const known = createKnown({ ...sources, provider: provider.name, clock })
  const pages = createPages({ ...sources, metrics, liveness, known, version })
  const ended = new AbortController()
  const event = createNoticeEvents({ http, clock, log, instance: nodeName ?? 'heald' }, daemon.view, ended.signal)
  const events = eventSink(event, refsOf(nodeName))
  emit = createTell({ log, sinks: [logSink(log), countSink(metrics), events, ...daemon.sinks] })
  const servers = await startHttp({ ...config.http, pages, groups: daemon.routes, log })
  log.info({ local: servers.local, public: servers.public, provider: provider.name, dryRun: config.dryRun }, 'Started')
  try {
    await daemon.run(stop.signal)
  } finally {
    ended.abort()
    await servers.close()
  }
  const uncaught = fault()
  if (uncaught !== undefined) throw uncaught
  log.info({}, 'Stopped')
}

function referenceOf(options: RunOptions): ReturnType<typeof parseReference> {
  if (options.config === undefined && options.configMap === undefined) {
    throw new ExitError(EXIT.usage, 'heald run: name a configuration: --config FILE or --config-map NAMESPACE/NAME')
  }
  if (options.configMap === undefined) return undefined
  const reference = parseReference(options.configMap)
  if (reference !== undefined) return reference
  throw new ExitError(
    EXIT.usage,
    `heald run: --config-map ${options.configMap}: expected NAMESPACE/NAME, for example kube-system/heald-config`,
  )
}

import { setMaxListeners } from 'node:events'
import type { Command } from 'commander'
import { guardProvider } from '../../src/cloudprovider/contract/guard.ts'
import { explain } from '../../src/core/explain/explain.ts'
import type { Decision, Explanation, View } from '../../src/core/model/view.ts'
import type { Clock } from '../../src/core/ports/clock.ts'
import { SILENT, type Tell } from '../../src/core/ports/log.ts'
import { createReloader } from '../../src/daemon/config-boot.ts'
import { NOT_ELECTED } from '../../src/daemon/election.ts'
import { createDaemon } from '../../src/daemon/replica.ts'
import { createNoticeEvents } from '../../src/daemon/reporting/notice-events.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { startEmbeddedApi } from '../../src/simulator/api/server.ts'
import { createPretendCloud } from '../../src/simulator/cluster/cloud.ts'
import { runKubeletPorts } from '../../src/simulator/cluster/kubelet-ports.ts'
import { createMachines } from '../../src/simulator/cluster/machines.ts'
import { CAST, DEMO_CONFIG, DEMO_TIMINGS, SETTINGS_SHOWN } from '../../src/simulator/story/cast.ts'
import { startChronicle } from '../../src/simulator/story/chronicle.ts'
import { legendOf, press } from '../../src/simulator/story/keys.ts'
import { createNarrator, type Narrator } from '../../src/simulator/story/narrator.ts'
import { isReady, SETTINGS_MAP, type Stage, waitFor } from '../../src/simulator/story/stage.ts'
import { playOn, playStory, sumUp } from '../../src/simulator/story/story.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { openPlayground } from '../cli/playground.ts'

interface DemoOptions {
  readonly settings?: boolean
  readonly once?: boolean
  readonly json?: boolean
}

export function registerDemo(program: Command, version: string): void {
  program
    .command('demo')
    .description('Watch heald repair a pretend cluster in this terminal. Needs nothing, changes nothing.')
    .option('--once', 'end after the story, instead of going on with random faults')
    .option('--json', 'no story: print what happened as JSON at the end (implies --once)')
    .option('--settings', 'begin with the settings, beside those of a real cluster')
    .addHelpText('after', '\nExamples:\n  heald demo\n  heald demo --settings\n  heald demo --once --json')
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options, version)
    })
}

async function demo(options: DemoOptions, version: string): Promise<number> {
  const stop = new AbortController()
  // Watches, sleeps and requests of a whole cluster hang on this one signal.
  setMaxListeners(0, stop.signal)
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new Error(name)))
  const clock = systemClock
  const narrator = createNarrator({
    write: (text) => void (options.json === true || process.stdout.write(text)),
    colours: process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '',
    clock,
    width: Math.min(process.stdout.columns ?? 100, 120),
  })
  const startedAt = clock.now()
  const theatre = await openTheatre(clock, narrator, { version, settings: options.settings === true }, stop.signal)
  try {
    const facts = await playStory(theatre.stage)
    if (options.json === true) process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`)
    if (options.once !== true && options.json !== true) {
      const release = takeKeys(theatre.stage, () => stop.abort(new Error('a key')))
      await playOn(theatre.stage, Math.random).finally(release)
      sayGoodbye(theatre.stage, startedAt)
    }
    return facts.ok ? EXIT.ok : EXIT.internal
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown
    sayGoodbye(theatre.stage, startedAt)
    return EXIT.ok
  } finally {
    stop.abort(new Error('the story is over'))
    await theatre.close()
  }
}

function sayGoodbye(stage: Stage, startedAt: number): void {
  stage.narrator.blank()
  stage.narrator.aside(sumUp(stage, startedAt))
}

/** Keys break machines, where a person sits at a terminal. Returns what gives the terminal back. */
function takeKeys(stage: Stage, quit: () => void): () => void {
  const { stdin, stdout } = process
  if (!stdin.isTTY || !stdout.isTTY) return () => undefined
  const names = CAST.map(({ name }) => name)
  stage.narrator.blank()
  stage.narrator.aside('A key breaks a machine: a small letter kills its kubelet, a capital one switches it off.')
  stage.narrator.table(legendOf(names))
  const hear = (typed: Buffer): void => {
    for (const key of typed.toString('utf8')) {
      // A terminal that gives us each key gives us Ctrl-C, too.
      if (key === '\u0003' || key === '\u0004') quit()
      else press(key, names, stage)
    }
  }
  stdin.setRawMode(true).on('data', hear).resume()
  return () => {
    stdin.off('data', hear).setRawMode(false).pause()
  }
}

/** The pretend world, and the real daemon beside it, ready to act. */
async function openTheatre(
  clock: Clock,
  narrator: Narrator,
  { version, settings }: { readonly version: string; readonly settings: boolean },
  signal: AbortSignal,
): Promise<{ readonly stage: Stage; close(): Promise<void> }> {
  const api = await startEmbeddedApi({ clock })
  const network = `127.${16 + Math.floor(Math.random() * 200)}`
  const workloads = [{ name: 'shop', replicas: 12 }]
  const machines = createMachines({ api, clock, timings: DEMO_TIMINGS, workloads, network })
  let known: { view: View; decision: Decision } | undefined
  const why = (node: string): Explanation | undefined =>
    known === undefined ? undefined : explain(node, known.view, daemon.policy())
  const chronicle = startChronicle(api, narrator, why)
  const cloud = createPretendCloud(machines, chronicle.act)
  for (const machine of CAST) machines.add(machine)
  const { namespace, name } = SETTINGS_MAP
  api.call('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name } })

  const keeper = createReloader({ file: 'demo', configMap: undefined }, () => undefined, clock)
  if (!keeper.offer(DEMO_CONFIG, 'file')) {
    throw new ExitError(EXIT.internal, `heald demo: ${keeper.lastError()?.message}`)
  }
  const credentials = await loadCredentials({ apiHost: api.url, env: {}, readServiceAccountFrom: '/nonexistent' })
  const http = createTransport(credentials, clock)
  let election = NOT_ELECTED
  const daemon = createDaemon({
    ...{ clock, log: SILENT, http, keeper, ownNode: undefined, stopFile: undefined, token: undefined },
    tell: (notice) => tell(notice),
    provider: guardProvider(cloud, { clock, tell: (notice) => tell(notice) }),
    configMap: { ...SETTINGS_MAP, configured: false },
    suspectIntervalMs: 500,
    heartbeatIntervalMs: 500,
    onDecision: (view, decision) => {
      known = { view, decision }
    },
    onElection: (status) => {
      election = status
    },
  })
  const playground = await openPlayground({
    ...{ api, daemon, keeper, clock, version },
    election: () => election,
    decided: () => known,
  })
  const events = createNoticeEvents({ http, clock, log: SILENT, instance: 'demo' }, daemon.view, signal)
  const tell: Tell = (notice) => {
    if (notice.event !== undefined) events({ ...notice, event: notice.event })
    if (notice.reason === 'StandsStill' || notice.reason === 'GoesOn') narrator.line('holds', notice.message)
  }

  const stage: Stage = {
    ...{ api, machines, cloud, clock, narrator, chronicle, signal },
    why: (node) => {
      const answer = why(node)
      if (answer === undefined)
        throw new ExitError(EXIT.internal, 'heald demo: the daemon has not decided anything yet')
      return answer
    },
  }
  const running = [
    machines.run(signal),
    runKubeletPorts(machines, clock, (why) => narrator.aside(`kubelet ports can't be opened here: ${why}`), signal),
    daemon.run(signal),
  ]
  introduce(narrator, settings)
  playground.introduce(narrator)
  await waitFor(stage, 'every node is Ready', 10_000, () => CAST.every((machine) => isReady(stage, machine.name)))
  await waitFor(stage, 'heald leads', 20_000, () => election.leading && known?.view.sight.ledger.usable === true)
  narrator.line(
    'heald',
    'has checked that the API server enforces the NodeRepair rules, has won the election, and watches 15 nodes',
  )
  return {
    stage,
    async close() {
      await Promise.allSettled(running)
      chronicle.stop()
      await playground.close()
      await api.stop()
    },
  }
}

function introduce(narrator: Narrator, settings: boolean): void {
  narrator.heading('heald demo: the real daemon, a pretend cluster')
  narrator.aside(
    '3 control-plane nodes and 12 workers in three zones, pretended, behind a Kubernetes API that kubectl can use. ' +
      'heald watches them as it would any cluster. It records each repair in a NodeRepair object. A rung is one way ' +
      'to repair a node, tried from the weakest to the strongest. A gate is one condition of safety, and all of them ' +
      'must allow a rung. A witness is a source that says that the node is broken.',
  )
  narrator.blank()
  narrator.aside(
    'The demo tells fault, cloud, person and story. heald itself tells heald, why, holds, proof and done: what it ' +
      'records, and what its gates answer to `heald why NODE`.',
  )
  narrator.blank()
  if (!settings) narrator.aside('Times are short here: --settings shows them, beside those of a real cluster.')
  else {
    narrator.table(SETTINGS_SHOWN)
    narrator.blank()
    narrator.aside('Each step waits for the next look, so it comes 1s or 2s after its limit in the table.')
  }
  narrator.blank()
}

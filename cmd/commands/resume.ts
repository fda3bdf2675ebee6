import type { Command } from 'commander'
import { z } from 'zod'
import { pauseKeys, poolsNamed, readPause } from '../../src/core/annotations/pause.ts'
import { isResumed, RESUME_ANNOTATION } from '../../src/core/annotations/resume.ts'
import { isOpen, type NodeRepair, phaseOf } from '../../src/core/model/node-repair.ts'
import type { Millis } from '../../src/core/model/primitives.ts'
import { annotate } from '../../src/kube/client/annotate.ts'
import { orGone } from '../../src/kube/client/answers.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { listPages } from '../../src/kube/client/pages.ts'
import { NODES, pathIn } from '../../src/kube/client/paths.ts'
import { createLedger, REPAIRS_PATH } from '../../src/kube/store/repairs.ts'
import { asError } from '../../src/lib/errors.ts'
import { connect } from '../cli/cluster.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import {
  type ClusterOptions,
  contextOption,
  kubeconfigOption,
  type Output,
  outputOption,
  print,
  type Terminal,
} from '../cli/output.ts'
import {
  DEFAULT_SWITCHES,
  describePause,
  pauseFacts,
  readTarget,
  type Target,
  type TargetOptions,
  targetOf,
} from '../cli/pause-target.ts'

interface ResumeOptions extends ClusterOptions, Output, TargetOptions {}

interface ResumedRepair {
  readonly name: string
  readonly phase: string
  /** `resumed` now, `asked` before, or `open`: under way, so there is nothing to resume. */
  readonly outcome: 'resumed' | 'asked' | 'open'
}

export function registerResume(program: Command, terminal: Terminal): void {
  program
    .command('resume')
    .summary('end a pause; give a node whose repair waits for a person back to heald')
    .description(
      'Takes away what `heald pause` wrote. A pause of the cluster, of a pool and of a node are three: each is ended by itself. `heald resume NODE` also ends a Parked repair of this node: heald then looks at it anew.',
    )
    .argument('[node]', 'resume this node; default: the whole cluster')
    .option('--pool <pool>', 'resume this pool')
    .option('--config-map <namespace/name>', "heald's ConfigMap", DEFAULT_SWITCHES)
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald resume
  heald resume --pool gpu
  heald resume worker-1

Needs the rights to get and patch that ConfigMap, or nodes, and for a node to list and patch noderepairs.heald.dev. With the right to list nodes it also names those that stay paused.`,
    )
    .action((node: string | undefined, options: ResumeOptions) => resume(node, options, terminal))
}

async function resume(node: string | undefined, options: ResumeOptions, terminal: Terminal): Promise<void> {
  const target = targetOf('resume', node, options)
  const { http } = await connect(options, terminal)
  const { signal } = new AbortController()
  const found = await readTarget(http, target, signal)
  const repairs = node === undefined ? [] : await resumeRepairs(http, node, signal)
  // The repair of a machine whose Node is gone may still wait for a person.
  if (found === undefined && repairs.length === 0) {
    throw new ExitError(EXIT.usage, `heald resume: ${target.missing}`)
  }
  const stored = found?.annotations ?? {}
  const now = http.contact.calendar()
  const before = readPause(stored, now, target).paused
  const changed = Object.hasOwn(stored, target.paused) || Object.hasOwn(stored, target.until)
  if (changed) await annotate(http, target.path, { [target.paused]: null, [target.until]: null }, signal)

  const nodes = target.kind === 'node' ? { paused: [] } : await nodesPaused(http, now, signal)
  const stillPaused = [...(target.kind === 'node' ? [] : othersPaused(target, stored, now)), ...nodes.paused]
  const facts = {
    target: { kind: target.kind, ...(target.name === '' ? {} : { name: target.name }) },
    changed: changed || repairs.some(({ outcome }) => outcome === 'resumed'),
    before: pauseFacts(before),
    repairs,
    stillPaused,
  }
  print(terminal, options, facts, () =>
    [
      changed
        ? `${target.what} is resumed (before: ${describePause(before, now)})`
        : `${target.what} was not paused; nothing changed`,
      ...repairs.map(told),
      ...stillPaused.map((what) => `${what} is still paused`),
    ].join('\n'),
  )
  if (nodes.note !== undefined) terminal.err(`heald resume: note: ${nodes.note}\n`)
}

/** A cluster without NodeRepairs has none to resume. */
async function resumeRepairs(http: KubeHttp, node: string, signal: AbortSignal): Promise<readonly ResumedRepair[]> {
  const listed = await orGone(createLedger({ http }).list(signal))
  const open = (listed?.objects ?? []).filter((repair) => repair.spec.nodeName === node && isOpen(repair))
  const done: ResumedRepair[] = []
  for (const repair of open) done.push(await resumeRepair(http, repair, signal))
  return done
}

async function resumeRepair(http: KubeHttp, repair: NodeRepair, signal: AbortSignal): Promise<ResumedRepair> {
  const { name } = repair
  const phase = phaseOf(repair)
  if (phase !== 'Parked') return { name, phase, outcome: 'open' }
  if (isResumed(repair)) return { name, phase, outcome: 'asked' }
  await annotate(http, pathIn(REPAIRS_PATH, name), { [RESUME_ANNOTATION]: 'true' }, signal)
  return { name, phase, outcome: 'resumed' }
}

function told({ name, phase, outcome }: ResumedRepair): string {
  switch (outcome) {
    case 'resumed':
      return `repair ${name} waited for a person and is given back to heald: the leader ends it and looks anew`
    case 'asked':
      return `repair ${name} was given back to heald before; the leader has not ended it yet`
    case 'open':
      return `repair ${name} is ${phase}: it is under way by itself`
  }
}

function othersPaused(
  { paused }: Target,
  annotations: Readonly<Record<string, string>>,
  now: Millis,
): readonly string[] {
  const scopes = [undefined, ...poolsNamed(annotations)]
  return scopes.flatMap((pool) => {
    const keys = pauseKeys(pool)
    if (keys.paused === paused || readPause(annotations, now, keys).paused === undefined) return []
    return pool === undefined ? ['the cluster'] : [`the pool ${pool}`]
  })
}

interface NodesPaused {
  readonly paused: readonly string[]
  readonly note?: string
}

/** The pause that was asked for has ended already, so what can't be seen here is no failure. */
async function nodesPaused(http: KubeHttp, now: Millis, signal: AbortSignal): Promise<NodesPaused> {
  const paused: string[] = []
  try {
    for await (const node of listPages(http, NODES, {}, signal)) {
      const { name, annotations } = Named.parse(node).metadata
      if (readPause(annotations, now).paused !== undefined) paused.push(`the node ${name}`)
    }
    return { paused }
  } catch (thrown) {
    return { paused, note: `whether nodes are still paused could not be seen: ${asError(thrown).message}` }
  }
}

const Named = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
})

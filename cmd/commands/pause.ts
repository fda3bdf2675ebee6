import type { Command } from 'commander'
import { PAUSED_ANNOTATION, pauseRecord, readPause } from '../../src/core/annotations/pause.ts'
import { annotate } from '../../src/kube/client/annotate.ts'
import { connect } from '../cli/cluster.ts'
import { durationOf } from '../cli/duration-option.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import {
  type ClusterOptions,
  contextOption,
  kubeconfigOption,
  type Output,
  outputOption,
  plain,
  print,
  type Terminal,
} from '../cli/output.ts'
import {
  DEFAULT_SWITCHES,
  describePause,
  pauseFacts,
  readTarget,
  type TargetOptions,
  targetOf,
} from '../cli/pause-target.ts'
import { lookForPool } from '../cli/pool-check.ts'

interface PauseOptions extends ClusterOptions, Output, TargetOptions {
  readonly for?: { readonly text: string }
  readonly reason?: string
  readonly force?: boolean
}

export function registerPause(program: Command, terminal: Terminal): void {
  program
    .command('pause')
    .summary('have heald leave a node, a pool or the whole cluster alone')
    .description(
      `Writes the annotation ${PAUSED_ANNOTATION}: on the Node, or for the cluster and its pools on the ConfigMap of heald. What is under way is observed to its end, cordons of heald are still lifted, and nothing new begins. An earlier pause is replaced.`,
    )
    .argument('[node]', 'pause this node only; default: the whole cluster')
    .option('--pool <pool>', 'pause this pool only')
    .option('--for <duration>', 'until then, e.g. 30m or 2h; default: until `heald resume`', durationOf)
    .option('--reason <text>', 'told by `heald why` and `heald status`')
    .option('--force', 'pause a pool that no node is in')
    .option('--config-map <namespace/name>', "heald's ConfigMap; it must exist", DEFAULT_SWITCHES)
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald pause --for 2h --reason "network maintenance INC-7"
  heald pause worker-1 --reason "disk is being swapped"
  heald pause --pool gpu --for 1d

Needs the rights to get and patch that ConfigMap, or nodes; for a pool also to list nodes, to see whether it exists.`,
    )
    .action((node: string | undefined, options: PauseOptions) => pause(node, options, terminal))
}

async function pause(node: string | undefined, options: PauseOptions, terminal: Terminal): Promise<void> {
  const target = targetOf('pause', node, options)
  const { http } = await connect(options, terminal)
  const { signal } = new AbortController()
  const found = await readTarget(http, target, signal)
  if (found === undefined) throw new ExitError(EXIT.usage, `heald pause: ${target.missing}`)

  const doubt = options.pool === undefined ? undefined : await lookForPool(http, options.pool, found.config, signal)
  if (doubt?.is === 'empty' && options.force !== true) {
    throw new ExitError(EXIT.usage, `heald pause: ${doubt.why} Nothing is paused; --force pauses it all the same`)
  }
  if (doubt !== undefined && 'why' in doubt) terminal.err(`heald pause: note: ${doubt.why}\n`)

  const { annotations } = found
  const now = http.contact.calendar()
  const reason = plain(options.reason ?? '')
  const value = [options.for?.text ?? 'true', reason].filter((part) => part !== '').join(': ')
  const until = pauseRecord(value, now)
  const before = readPause(annotations, now, target).paused
  const changed = annotations[target.paused] !== value || annotations[target.until] !== until
  if (changed) await annotate(http, target.path, { [target.paused]: value, [target.until]: until ?? null }, signal)

  const after = { [target.paused]: value, ...(until === undefined ? {} : { [target.until]: until }) }
  const paused = readPause(after, now, target).paused
  const facts = {
    target: { kind: target.kind, ...(target.name === '' ? {} : { name: target.name }) },
    changed,
    paused: pauseFacts(paused),
    before: pauseFacts(before),
  }
  print(terminal, options, facts, () =>
    changed
      ? `${target.what} is now ${describePause(paused, now)} (before: ${describePause(before, now)})`
      : `${target.what} was already ${describePause(paused, now)}; nothing changed`,
  )
}

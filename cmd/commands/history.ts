import type { Command } from 'commander'
import { isOpen, type NodeRepair, phaseOf } from '../../src/core/model/node-repair.ts'
import type { Millis } from '../../src/core/model/primitives.ts'
import type { Ledger } from '../../src/core/ports/ledger.ts'
import { hasStatus } from '../../src/kube/client/answers.ts'
import { createLedger } from '../../src/kube/store/repairs.ts'
import { formatDuration } from '../../src/lib/pure/duration.ts'
import { parseRfc3339, rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { connect } from '../cli/cluster.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import {
  type ClusterOptions,
  kubeconfigOption,
  type Output,
  outputOption,
  plain,
  print,
  renderTable,
  type Terminal,
} from '../cli/output.ts'

interface HistoryOptions extends ClusterOptions, Output {}

type Listed = Awaited<ReturnType<Ledger['list']>>

export function registerHistory(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .summary('list repairs, open and ended ones')
    .description(
      'Lists the NodeRepairs, newest first: what was tried, how it ended and how long it took. heald keeps the newest of each node and everything of 7 days.',
    )
    .argument('[node]', 'repairs of this node only')
    .addOption(kubeconfigOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald history
  heald history worker-1
  heald history --output json | jq '.repairs[] | select(.open)'

Needs the right to list noderepairs.heald.dev.`,
    )
    .action((node: string | undefined, options: HistoryOptions) => history(node, options, terminal))
}

async function history(node: string | undefined, options: HistoryOptions, terminal: Terminal): Promise<void> {
  const { http } = await connect(options, terminal)
  const all = await listOrExplain(createLedger({ http }), new AbortController().signal)
  const now = http.contact.calendar()
  const repairs = all.objects
    .filter((repair) => node === undefined || repair.spec.nodeName === node)
    .sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1))
  const unreadable = all.unreadable
    .filter(({ about }) => node === undefined || about === node || about === undefined)
    .map(({ name, about, why }) => ({ name, node: about, why }))
  print(terminal, options, { repairs: repairs.map((repair) => factsOf(repair, now)), unreadable }, () =>
    [
      repairs.length === 0
        ? `no repair${node === undefined ? '' : ` of node ${node}`} is kept`
        : renderTable(
            ['REPAIR', 'NODE', 'PHASE', 'RUNGS TRIED', 'REASON', 'DURATION', 'AGE'],
            repairs.map((repair) => rowOf(repair, now)),
          ),
      ...unreadable.map((one) => plain(`unreadable: ${one.name}: ${one.why}: mend or delete it`)),
    ].join('\n'),
  )
}

async function listOrExplain(ledger: Ledger, signal: AbortSignal): Promise<Listed> {
  try {
    return await ledger.list(signal)
  } catch (thrown) {
    if (!hasStatus(thrown, [404])) throw thrown
    throw new ExitError(
      EXIT.usage,
      "heald history: this cluster has no NodeRepairs: install heald's CRD: kubectl apply -f manifests/base/crd.yaml",
    )
  }
}

function rowOf(repair: NodeRepair, now: Millis): readonly string[] {
  const { status } = repair
  const tried = (status?.attempts ?? []).map(({ rung, state }) => `${rung} (${state})`)
  const took = tookMs(repair, now)
  return [
    repair.name,
    repair.spec.nodeName,
    phaseOf(repair),
    tried.length === 0 ? '-' : tried.join(', '),
    status?.reason ?? status?.holds.map(({ gate }) => gate).join(', ') ?? '',
    took === undefined ? '' : formatDuration(took),
    formatDuration(Math.max(0, now - repair.createdAt)),
  ]
}

function factsOf(repair: NodeRepair, now: Millis): object {
  const { name, spec, status, createdAt } = repair
  const took = tookMs(repair, now)
  return {
    name,
    node: spec.nodeName,
    role: spec.role,
    pool: spec.pool,
    zone: spec.zone,
    phase: phaseOf(repair),
    open: isOpen(repair),
    reason: status?.reason,
    message: status?.message,
    evidence: spec.evidence,
    attempts: (status?.attempts ?? []).map(({ id, rung, state, issuedAt, finishedAt, reason, message }) => {
      return { id, rung, state, issuedAt, finishedAt, reason, message }
    }),
    skipped: status?.skipped ?? [],
    holds: status?.holds ?? [],
    createdAt: rfc3339(createdAt),
    startedAt: status?.startedAt,
    finishedAt: status?.finishedAt,
    durationSeconds: took === undefined ? undefined : Math.round(took / 1_000),
  }
}

/** Until its end, or until now while it is open. */
function tookMs(repair: NodeRepair, now: Millis): Millis | undefined {
  const from = parseRfc3339(repair.status?.startedAt ?? '') ?? repair.createdAt
  const to = isOpen(repair) ? now : parseRfc3339(repair.status?.finishedAt ?? '')
  return to === undefined ? undefined : Math.max(0, to - from)
}

import { type Command, InvalidArgumentError } from 'commander'
import { isOpen, type NodeRepair, phaseOf } from '../../src/core/model/node-repair.ts'
import type { Millis } from '../../src/core/model/primitives.ts'
import type { Ledger } from '../../src/core/ports/ledger.ts'
import { hasStatus } from '../../src/kube/client/answers.ts'
import { createLedger } from '../../src/kube/store/repairs.ts'
import { formatDuration } from '../../src/lib/pure/duration.ts'
import { parseRfc3339, rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { connect } from '../cli/cluster.ts'
import { durationOf, type GivenDuration } from '../cli/duration-option.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import {
  type Again,
  type ClusterOptions,
  contextOption,
  kubeconfigOption,
  type Output,
  outputOption,
  plain,
  renderTable,
  type Seen,
  show,
  type Terminal,
  watchOption,
} from '../cli/output.ts'

interface HistoryOptions extends ClusterOptions, Output, Again {
  readonly open?: boolean
  readonly since?: GivenDuration
  readonly limit?: number
}

type Listed = Awaited<ReturnType<Ledger['list']>>

export function registerHistory(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .summary('list repairs, open and ended ones')
    .description(
      'Lists the NodeRepairs, newest first: what was tried, how it ended and how long it took. heald keeps the newest of each node and everything of 7 days.',
    )
    .argument('[node]', 'repairs of this node only')
    .option('--open', 'only repairs that are under way or wait')
    .option('--since <duration>', 'only repairs that began within it, e.g. 24h', durationOf)
    .option('--limit <number>', 'only so many of the newest', limitOf)
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption(['wide', 'name']))
    .addOption(watchOption())
    .addHelpText(
      'after',
      `
Examples:
  heald history
  heald history worker-1
  heald history --open --watch
  heald history --since 24h --output wide
  heald history --output json | jq '.repairs[] | select(.open)'

Needs the right to list noderepairs.heald.dev.`,
    )
    .action((node: string | undefined, options: HistoryOptions) => history(node, options, terminal))
}

async function history(node: string | undefined, options: HistoryOptions, terminal: Terminal): Promise<void> {
  const { http } = await connect(options, terminal)
  const ledger = createLedger({ http })
  const look = async (signal: AbortSignal): Promise<Seen> => {
    const all = await listOrExplain(ledger, signal)
    const now = http.contact.calendar()
    const repairs = chosen(all.objects, node, options, now)
    const unreadable = all.unreadable
      .filter(({ about }) => node === undefined || about === node || about === undefined)
      .map(({ name, about, why }) => ({ name, node: about, why }))
    return {
      facts: { repairs: repairs.map((repair) => factsOf(repair, now)), unreadable },
      table: () => {
        const doubts = unreadable.map((one) => plain(`unreadable: ${one.name}: ${one.why}: mend or delete it`))
        return [tableOf(repairs, node, options, terminal, now), ...doubts].join('\n')
      },
    }
  }
  await show(look, options, terminal)
}

function chosen(
  all: readonly NodeRepair[],
  node: string | undefined,
  { open, since, limit }: HistoryOptions,
  now: Millis,
): readonly NodeRepair[] {
  return all
    .filter((repair) => node === undefined || repair.spec.nodeName === node)
    .filter((repair) => open !== true || isOpen(repair))
    .filter(({ createdAt }) => since === undefined || now - createdAt <= since.ms)
    .sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
}

const HEADER = ['REPAIR', 'NODE', 'PHASE', 'RUNGS TRIED', 'REASON', 'DURATION', 'AGE']

function tableOf(
  repairs: readonly NodeRepair[],
  node: string | undefined,
  { output, open, since }: HistoryOptions,
  { columns }: Terminal,
  now: Millis,
): string {
  if (output === 'name') return repairs.map(({ name }) => `noderepair.heald.dev/${name}`).join('\n')
  if (repairs.length === 0) {
    const which = [open === true ? ' open' : '', node === undefined ? '' : ` of node ${node}`]
    return `no${which[0]} repair${which[1]}${since === undefined ? ' is kept' : ` of the last ${since.text} is kept`}`
  }
  const rows = repairs.map((repair) => rowOf(repair, now))
  if (output !== 'wide') return renderTable(HEADER, rows, columns)
  const wide = rows.map((row, index) => [...row, ...moreOf(repairs[index])])
  return renderTable([...HEADER, 'ROLE', 'POOL', 'ZONE', 'MESSAGE'], wide)
}

function moreOf(repair: NodeRepair | undefined): readonly string[] {
  const { role = '', pool = '', zone = '' } = repair?.spec ?? {}
  return [role, pool, zone, repair?.status?.message ?? '']
}

function limitOf(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a number from 1 on')
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

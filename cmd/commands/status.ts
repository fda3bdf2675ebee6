import type { Command } from 'commander'
import { StatusPage } from '../../src/api/pages.ts'
import { alignColumns } from '../../src/lib/pure/columns.ts'
import { formatDuration } from '../../src/lib/pure/duration.ts'
import { ageOf } from '../../src/lib/pure/rfc3339.ts'
import { addReachOptions, askLeader, type ReachOptions } from '../cli/leader-client.ts'
import {
  type Again,
  contextOption,
  kubeconfigOption,
  type Output,
  outputOption,
  plain,
  renderTable,
  show,
  type Terminal,
  watchOption,
} from '../cli/output.ts'
import { readPage } from '../cli/read-page.ts'
import { headlineOf } from '../cli/screen/headline.ts'

interface StatusOptions extends ReachOptions, Output, Again {}

export function registerStatus(program: Command, terminal: Terminal): void {
  const command = program
    .command('status')
    .summary('show who leads, what is switched off, what is under repair or held')
    .description('Asks the leader what it sees: switches, its own sight, nodes by state, suspects and open repairs.')
  addReachOptions(command)
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption())
    .addOption(watchOption())
    .addHelpText(
      'after',
      `
Examples:
  heald status
  heald status --watch
  heald status --output json | jq .suspects
  heald status --kubeconfig ~/.kube/prod --lease kube-system/heald

Without --url the leader is asked by port-forward: that needs the rights to get leases, to list pods, and to get and
create pods/portforward, in the namespace of --lease.`,
    )
    .action((options: StatusOptions) => status(options, terminal))
}

async function status(options: StatusOptions, terminal: Terminal): Promise<void> {
  const look = async (signal: AbortSignal) => {
    const { facts, page } = readPage(await askLeader('/status', options, terminal, signal), StatusPage)
    return { facts, table: () => renderStatus(page, terminal.columns) }
  }
  await show(look, options, terminal)
}

export function renderStatus(page: StatusPage, width?: number): string {
  const sections = [
    headlineOf(page),
    head(page),
    nodes(page),
    suspects(page, width),
    requests(page, width),
    missing(page, width),
    repairs(page, width),
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

function head({ version, leader, config, switches, sight, now }: StatusPage): string {
  const rows: (readonly [string, string])[] = [
    ['heald', version],
    ['leader', leaderText(leader)],
    ['config', configText(config, now)],
    ['switches', switchesText(switches, now)],
    ['sight', sightText(sight, now)],
    ['cloud', sight.cloud],
    ['ledger', sight.ledger],
  ]
  return alignColumns(rows.map(([name, text]) => [name, plain(text)])).join('\n')
}

function configText({ error, lastGoodAt, afterRestart }: StatusPage['config'], now: string): string {
  if (error !== undefined) return `REFUSED: ${error}`
  const later = afterRestart.length === 0 ? '' : `; ONLY AFTER A RESTART: ${afterRestart.join(', ')}`
  return `read ${lastGoodAt === undefined ? 'at no known time' : `${ageOf(lastGoodAt, now)} ago`}${later}`
}

function leaderText({ leading, holder, epoch, standingAside }: StatusPage['leader']): string {
  const who = holder === undefined || holder === '' ? 'nobody' : holder
  if (leading) return `${who}, epoch ${epoch ?? 'unknown'}`
  const aside = standingAside === true ? ', and stands aside' : ''
  return `${who}; the replica that answers only observes${aside}`
}

function switchesText({ dryRun, stopFile, paused, pools, nodes, cloud }: StatusPage['switches'], now: string): string {
  const told = [
    dryRun ? 'DRY-RUN' : '',
    stopFile ? 'STOP FILE on this machine' : '',
    paused === false ? '' : pauseText('PAUSED', paused, now),
    ...Object.entries(pools).map(([name, pause]) => pauseText(`pool ${name} PAUSED`, pause, now)),
    ...Object.entries(nodes).map(([name, pause]) => pauseText(`node ${name} PAUSED`, pause, now)),
    typeof cloud === 'string' || cloud.on ? '' : `the CLOUD says no: ${cloud.reason}`,
  ].filter((text) => text !== '')
  return told.length === 0 ? 'nothing is paused' : told.join('; ')
}

function pauseText(
  what: string,
  { reason, until }: { readonly reason: string; readonly until: string },
  now: string,
): string {
  const end = until === 'resumed' ? 'until a person resumes it' : `until ${until} (in ${ageOf(until, now)})`
  return `${what} ${end}: ${reason}`
}

function sightText({ blindSince, blindSource, clockSkewMs }: StatusPage['sight'], now: string): string {
  const skew = `clock ${formatDuration(Math.abs(clockSkewMs))} off the API server's`
  return blindSince === undefined
    ? `clear, ${skew}`
    : `BLIND for ${ageOf(blindSince, now)} (${blindSource ?? 'unknown'}), ${skew}`
}

function nodes({ nodes }: StatusPage): string {
  return renderTable(
    ['ROLE', 'STATE', 'NODES'],
    nodes.map(({ role, state, count }) => [role, state, String(count)]),
  )
}

function suspects({ suspects }: StatusPage, width: number | undefined): string {
  if (suspects.length === 0) return 'no node fails a check'
  const rows = suspects.map(({ node, verdict, rung, heldBy }) => {
    const [first, ...rest] = heldBy
    const more = rest.length === 0 ? '' : ` (and ${rest.map(({ gate }) => gate).join(', ')})`
    return [node, verdict, rung ?? '', first === undefined ? '' : `${first.gate}: ${first.message}${more}`]
  })
  return renderTable(['SUSPECT', 'VERDICT', 'NEXT RUNG', 'HELD BY'], rows, width)
}

function requests({ requests, now }: StatusPage, width: number | undefined): string {
  if (requests.length === 0) return ''
  const rows = requests.map(({ node, rung = '', by = '', until, reason }) => [
    node,
    rung,
    by,
    ageOf(until, now),
    reason,
  ])
  return renderTable(['REPAIR ASKED FOR', 'FROM RUNG', 'BY', 'ENDS IN', 'REASON'], rows, width)
}

function missing({ missing, now }: StatusPage, width: number | undefined): string {
  if (missing.length === 0) return ''
  const rows = missing.map(({ name, group, power, symptom, since }) => {
    return [name, group ?? '', power, symptom, ageOf(since, now)]
  })
  return renderTable(['MACHINE WITHOUT A NODE', 'GROUP', 'POWER', 'SYMPTOM', 'SINCE'], rows, width)
}

function repairs({ repairs }: StatusPage, width: number | undefined): string {
  if (repairs.length === 0) return 'no repair is open'
  const rows = repairs.map(({ name, node, phase, rung, attempts, reason }) => {
    return [name, node, phase, rung ?? '', String(attempts), reason ?? '']
  })
  return renderTable(['REPAIR', 'NODE', 'PHASE', 'RUNG', 'ATTEMPTS', 'REASON'], rows, width)
}

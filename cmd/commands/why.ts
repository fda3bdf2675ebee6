import type { Command } from 'commander'
import { WhyPage } from '../../src/api/pages.ts'
import { renderExplanation } from '../../src/core/explain/render.ts'
import { outsideReason } from '../../src/core/model/reasons.ts'
import type { Explanation } from '../../src/core/model/view.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { addReachOptions, askLeader, type ReachOptions } from '../cli/leader-client.ts'
import { contextOption, kubeconfigOption, type Output, outputOption, print, type Terminal } from '../cli/output.ts'
import { readPage } from '../cli/read-page.ts'
import { registerWhyAlert } from './why-alert.ts'

interface WhyOptions extends ReachOptions, Output {
  readonly all?: boolean
}

export function registerWhy(program: Command, terminal: Terminal): void {
  const command = program
    .command('why')
    .summary('say why heald acts on a node, or does not')
    .description(
      'Asks the leader about one node, a healthy one too: the verdict, the checks that do not pass, the gates that hold with the numbers they compared, and what would change the answer.',
    )
    .argument('<node>', 'name of a Node')
  addReachOptions(command)
    .option('--all', 'show the checks and gates that pass, too')
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald why worker-1
  heald why worker-1 --all
  heald why worker-1 --output json | jq '.gates[] | select(.pass | not)'
  heald why worker-1 --url http://127.0.0.1:9470

Without --url the leader is asked by port-forward: that needs the rights to get leases, to list pods, and to get and
create pods/portforward, in the namespace of --lease.`,
    )
    .action((node: string, options: WhyOptions) => why(node, options, terminal))
  registerWhyAlert(command.enablePositionalOptions(), terminal)
}

async function why(node: string, options: WhyOptions, terminal: Terminal): Promise<void> {
  if (node === '' || node.includes('/')) {
    throw new ExitError(EXIT.usage, `heald why: ${JSON.stringify(node)} is no name of a node: kubectl get nodes`)
  }
  const { signal } = new AbortController()
  const answer = await askLeader(`/why/${encodeURIComponent(node)}`, options, terminal, signal)
  const { facts, page } = readPage(answer, WhyPage)
  if (page.kind !== 'unknown-node' || options.output !== 'table') {
    print(terminal, options, facts, () => renderWhy(page, terminal, options.all))
  }
  if (page.kind === 'unknown-node') {
    throw new ExitError(EXIT.usage, `heald why: ${node}: ${page.summary}: ${page.changes.join('; ')}`)
  }
}

/** The page as text of the terminal's width. */
export function renderWhy(page: WhyPage, { columns = 100 }: Pick<Terminal, 'columns'>, all = false): string {
  return renderExplanation(explanationOf(page), { now: page.now, leader: page.leader, all, width: columns })
}

function explanationOf({ rung, repair, checks, gates, ...rest }: WhyPage): Explanation {
  return {
    ...rest,
    rung,
    repair,
    checks: checks.map(({ failingForMs, ...check }) => ({ ...check, failingForMs })),
    gates: gates.map((gate) => ({ ...gate, reason: outsideReason(gate.reason) })),
  }
}

import { type Command, InvalidArgumentError } from 'commander'
import { nearest } from '../../src/config/load/nearest.ts'
import { APPROVAL_ANNOTATION, withApproval } from '../../src/core/annotations/approval.ts'
import { isOpen, type NodeRepair, phaseOf } from '../../src/core/model/node-repair.ts'
import { RUNGS, type RungName } from '../../src/core/model/rungs.ts'
import type { Ledger } from '../../src/core/ports/ledger.ts'
import { hasStatus } from '../../src/kube/client/answers.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { pathIn } from '../../src/kube/client/paths.ts'
import { createLedger, REPAIRS_PATH } from '../../src/kube/store/repairs.ts'
import { rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { connect } from '../cli/cluster.ts'
import { type GivenDuration, hourOption } from '../cli/duration-option.ts'
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

interface ApproveOptions extends ClusterOptions, Output {
  readonly for: GivenDuration
}

/** The leader writes the repair too, so a write may come too late; this often in a row it does not. */
const TRIES = 5

export function registerApprove(program: Command, terminal: Terminal): void {
  program
    .command('approve')
    .summary('allow one rung of one repair, for a while')
    .description(
      'Tells an open repair that a person wants this rung, until the time is over. Other approvals of the repair stay. Every other gate still has its say.',
    )
    .argument('<repair>', 'name of a NodeRepair, or of a node that one is open for: `heald history` lists them')
    .argument('<rung>', `one of ${RUNGS.join(', ')}`, rungOf)
    .addOption(hourOption('how long the approval holds'))
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald approve master-1 replace
  heald approve master-1-0b1e3c52-1 replace
  heald approve master-1-0b1e3c52-1 replace --for 15m

Needs the rights to get, list and patch noderepairs.heald.dev.`,
    )
    .action((repair: string, rung: RungName, options: ApproveOptions) => approve(repair, rung, options, terminal))
}

async function approve(name: string, rung: RungName, options: ApproveOptions, terminal: Terminal): Promise<void> {
  const { http } = await connect(options, terminal)
  const ledger = createLedger({ http })
  const { signal } = new AbortController()
  for (let tried = 0; tried < TRIES; tried++) {
    const repair = await openRepair(ledger, name, signal)
    const end = http.contact.calendar() + options.for.ms
    const until = rfc3339(end)
    const approvals = withApproval(repair, rung, end)
    if (!(await write(http, repair, approvals, signal))) continue
    const { nodeName } = repair.spec
    const facts = { repair: repair.name, node: nodeName, rung, until, approvals }
    print(terminal, options, facts, () => {
      const others = Object.keys(approvals).filter((each) => each !== rung)
      const also = others.length === 0 ? '' : `\napproved before, and still written there: ${others.join(', ')}`
      return `${rung} of node ${nodeName} is approved in repair ${repair.name} for ${options.for.text}, until ${until}${also}`
    })
    return
  }
  throw new ExitError(EXIT.tryAgain, `heald approve: ${name}: it changed ${TRIES} times meanwhile: try again`)
}

/** By its own name, or by that of its node where there is one for it. */
async function openRepair(ledger: Ledger, name: string, signal: AbortSignal): Promise<NodeRepair> {
  const repair = (await ledger.get(name, signal)) ?? (await openFor(ledger, name, signal))
  if (!isOpen(repair)) {
    throw new ExitError(
      EXIT.usage,
      `heald approve: ${repair.name} is ${phaseOf(repair)}: it has ended and acts no more`,
    )
  }
  if (repair.deleting) {
    throw new ExitError(
      EXIT.usage,
      `heald approve: ${repair.name} was deleted by a person: it is being undone and acts no more`,
    )
  }
  return repair
}

async function openFor(ledger: Ledger, node: string, signal: AbortSignal): Promise<NodeRepair> {
  const { objects } = await ledger.list(signal)
  const open = objects.filter(isOpen)
  const [repair, ...others] = open.filter(({ spec }) => spec.nodeName === node)
  if (repair !== undefined && others.length === 0) return repair
  const which = repair === undefined ? open : [repair, ...others]
  const known =
    which.length === 0
      ? 'no repair is open'
      : `open are ${which
          .slice(0, 10)
          .map((each) => each.name)
          .join(', ')}`
  throw new ExitError(EXIT.usage, `heald approve: there is no NodeRepair ${node}; ${known}`)
}

/** False: the repair moved on since it was read. */
async function write(
  http: KubeHttp,
  { name, uid, resourceVersion }: NodeRepair,
  approvals: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  const annotations = { [APPROVAL_ANNOTATION]: JSON.stringify(approvals) }
  const path = pathIn(REPAIRS_PATH, name)
  const contentType = 'application/merge-patch+json'
  try {
    await http.request(
      { method: 'PATCH', path, body: { metadata: { uid, resourceVersion, annotations } }, contentType },
      signal,
    )
    return true
  } catch (thrown) {
    if (hasStatus(thrown, [409])) return false
    throw thrown
  }
}

function rungOf(text: string): RungName {
  const rung = RUNGS.find((each) => each === text)
  if (rung !== undefined) return rung
  const meant = nearest(text, RUNGS)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  throw new InvalidArgumentError(`It is no rung; rungs are ${RUNGS.join(', ')}.${hint}`)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { z } from 'zod'
import { WhyPage } from '../../src/api/pages.ts'
import { describeRequest, formatRequest, LONGEST, REQUEST_ANNOTATION } from '../../src/core/annotations/request.ts'
import type { RepairRequest } from '../../src/core/model/node-repair.ts'
import { RUNGS, type RungName } from '../../src/core/model/rungs.ts'
import { annotate } from '../../src/kube/client/annotate.ts'
import { hasStatus, orGone } from '../../src/kube/client/answers.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { nodePath } from '../../src/kube/client/paths.ts'
import { recordAt, textOf } from '../../src/lib/pure/json.ts'
import { rfc3339 } from '../../src/lib/pure/rfc3339.ts'
import { connect } from '../cli/cluster.ts'
import { type GivenDuration, hourOption } from '../cli/duration-option.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { addReachOptions, askLeader, type ReachOptions } from '../cli/leader-client.ts'
import {
  contextOption,
  kubeconfigOption,
  type Output,
  outputOption,
  plain,
  print,
  type Terminal,
} from '../cli/output.ts'
import { readPage } from '../cli/read-page.ts'
import { renderWhy } from './why.ts'

interface RepairOptions extends ReachOptions, Output {
  readonly rung?: RungName
  readonly reason?: string
  readonly for: GivenDuration
  readonly cancel?: boolean
}

/** A leader sees an annotation within two seconds. */
const SEEN_MS = 10_000
const LOOK_MS = 250

export function registerRepair(program: Command, terminal: Terminal): void {
  const command = program
    .command('repair')
    .summary('ask for the repair of a node that you know to be broken')
    .description(
      `Writes the annotation ${REQUEST_ANNOTATION} on the Node. Your word counts as evidence: nothing has to fail for it. Every other gate has its say, and those that hold are printed. One request is one repair; it can be taken back until heald acts. A replacement waits for \`heald approve\` besides.`,
    )
    .argument('<node>', 'name of a Node')
    .addOption(new Option('--rung <rung>', 'where the ladder begins; default: at its first rung').choices(RUNGS))
    .option('--reason <text>', 'why; stands in the NodeRepair, too')
    .addOption(hourOption('when the request ends, if heald has not acted by then'))
    .option('--cancel', 'take the request back')
  addReachOptions(command)
    .addOption(kubeconfigOption())
    .addOption(contextOption())
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald repair worker-1 --reason "the disk makes noises"
  heald repair worker-1 --rung reboot-hard --reason INC-7 --for 15m
  heald repair worker-1 --cancel

Needs the rights to get and patch nodes, and those of heald why.`,
    )
    .action((node: string, options: RepairOptions) => repair(node, options, terminal))
}

async function repair(node: string, options: RepairOptions, terminal: Terminal): Promise<void> {
  const { signal } = new AbortController()
  const reason = plain(options.reason ?? '')
  if (options.cancel === true) {
    if (reason !== '' || options.rung !== undefined) throw wrong('--cancel takes the request back: leave out the rest')
    return cancel(node, options, terminal, signal)
  }
  if (reason === '') throw wrong('--reason TEXT says why: who is on call tonight will ask')
  if (reason.length > LONGEST) throw wrong(`--reason has ${reason.length} characters, at most ${LONGEST}`)
  const before = await look(node, options, terminal, signal)
  if (before.page.kind === 'unknown-node') throw wrong(`${node}: ${before.page.summary}`)
  const { ladder } = before.page
  if (options.rung !== undefined && !ladder.includes(options.rung)) {
    throw wrong(`--rung ${options.rung}: the ladder of ${node} does not have it; it has ${ladder.join(', ')}`)
  }
  const { http } = await connect(options, terminal)
  const by = await whoAmI(http, signal)
  const request: RepairRequest = {
    reason,
    until: rfc3339(http.contact.calendar() + options.for.ms),
    ...(options.rung === undefined ? {} : { rung: options.rung }),
    ...(by === undefined ? {} : { by }),
  }
  await annotate(http, nodePath(node), { [REQUEST_ANNOTATION]: formatRequest(request) }, signal)
  const seen = await untilSeen(request, () => look(node, options, terminal, signal))
  const { page, isSeen } = seen
  const facts = { node, request, seen: isSeen, why: seen.facts }
  print(terminal, options, facts, () => {
    const asked = `${describeRequest(request)} (taken back by \`heald repair ${node} --cancel\`)`
    if (isSeen) return `${asked}\n\n${renderWhy(page, terminal)}`
    const open = page.repair === undefined ? '' : `; ${page.repair.name} of this node is ${page.repair.phase}`
    return `${asked}\nheald does not act by it yet${open}: heald why ${node}`
  })
}

async function cancel(node: string, options: RepairOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { http } = await connect(options, terminal)
  const object = await orGone(http.request({ method: 'GET', path: nodePath(node) }, signal))
  if (object === undefined) throw wrong(`there is no Node ${node}: \`kubectl get nodes\` lists those that exist`)
  const changed = REQUEST_ANNOTATION in Annotated.parse(object).metadata.annotations
  if (changed) await annotate(http, nodePath(node), { [REQUEST_ANNOTATION]: null }, signal)
  print(terminal, options, { node, changed }, () =>
    changed
      ? `the request for ${node} is taken back`
      : `nothing is asked for on ${node}; a repair that has begun to act goes on, and \`kubectl delete nr\` withdraws it`,
  )
}

const Annotated = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }) })

interface Looked {
  readonly facts: object
  readonly page: WhyPage
}

async function look(node: string, options: RepairOptions, terminal: Terminal, signal: AbortSignal): Promise<Looked> {
  return readPage(await askLeader(`/why/${encodeURIComponent(node)}`, options, terminal, signal), WhyPage)
}

/** The answer of a heald that has seen the request, or the last one where that takes too long. */
async function untilSeen(
  { until, reason }: RepairRequest,
  ask: () => Promise<Looked>,
): Promise<Looked & { readonly isSeen: boolean }> {
  for (let left = SEEN_MS; ; left -= LOOK_MS) {
    const looked = await ask()
    const { request } = looked.page
    const isSeen = request?.until === until && request.reason === reason
    if (isSeen || left <= 0) return { ...looked, isSeen }
    await sleep(LOOK_MS)
  }
}

/** As the API server knows the caller; undefined where it does not say (before Kubernetes 1.28). */
async function whoAmI(http: KubeHttp, signal: AbortSignal): Promise<string | undefined> {
  const api = 'authentication.k8s.io/v1'
  const body = { apiVersion: api, kind: 'SelfSubjectReview' }
  try {
    const review = await http.request({ method: 'POST', path: `/apis/${api}/selfsubjectreviews`, body }, signal)
    const name = textOf(recordAt(recordAt(review, 'status'), 'userInfo').username) ?? ''
    return name === '' ? undefined : name.slice(0, LONGEST)
  } catch (thrown) {
    if (hasStatus(thrown, [403, 404, 405])) return undefined
    throw thrown
  }
}

function wrong(what: string): ExitError {
  return new ExitError(EXIT.usage, `heald repair: ${what}`)
}

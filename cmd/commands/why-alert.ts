import { type Command, Option } from 'commander'
import { ZodError } from 'zod'
import { type Alert, type AlertMessage, parseMessage } from '../../src/alert/message.ts'
import { alignColumns } from '../../src/lib/pure/columns.ts'
import { type BuiltJob, buildJob } from '../../src/openfero/build-job.ts'
import { type Match, matchRule } from '../../src/openfero/match.ts'
import { readRules } from '../../src/openfero/read-rules.ts'
import type { Rule } from '../../src/openfero/rule.ts'
import { EXIT, ExitError } from '../cli/exit.ts'
import { loadFile } from '../cli/load-file.ts'
import { type Output, outputOption, print, type Terminal } from '../cli/output.ts'

interface WhyAlertOptions extends Output {
  readonly rules: readonly string[]
  readonly file?: string
  readonly labels?: string
  readonly status: 'firing' | 'resolved'
}

/** What one alert would start. */
interface Answer {
  readonly alert: Alert
  readonly rule: Rule | undefined
  readonly others: Match['others']
  readonly built: BuiltJob | undefined
}

/** Rules that nobody asked about are named so many at most. */
const MOST_OTHERS = 5

export function registerWhyAlert(why: Command, terminal: Terminal): void {
  why
    .command('alert')
    .summary('say which Job an alert would start, and why no other')
    .description(
      "Reads OpenFero's rules and an alert, and says which rule answers it and what Job that makes; changes nothing and asks nobody.",
    )
    .argument('[alertname]', 'with --labels; without it the alerts of --file')
    .requiredOption('--rules <file...>', 'YAML with Operarius objects and ConfigMaps openfero-ALERTNAME-STATUS')
    .option('--file <message>', 'a message as Alertmanager or Grafana posts it, JSON')
    .option('--labels <name=value,...>', 'labels of the alert')
    .addOption(
      new Option('--status <status>', 'of the alert that is named').choices(['firing', 'resolved']).default('firing'),
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  heald why alert KubePodCrashLooping --labels namespace=default,pod=web-1 --rules openfero.yaml
  kubectl get operariuses,configmaps -n openfero -o yaml >openfero.yaml; heald why alert --file message.json --rules openfero.yaml
  heald why alert --file message.json --rules openfero.yaml --output yaml`,
    )
    .action((alertname: string | undefined, options: WhyAlertOptions) => whyAlert(alertname, options, terminal))
}

async function whyAlert(alertname: string | undefined, options: WhyAlertOptions, terminal: Terminal): Promise<void> {
  const read = await Promise.all(options.rules.map((file) => loadFile(file, (text) => rulesIn(text, file))))
  const rules = read.flat()
  const message = await messageOf(alertname, options)
  const now = Date.now()
  const answers = message.alerts.map((alert): Answer => {
    const { rule, others } = matchRule(alert, message, rules)
    return { alert, rule, others, built: rule && buildJob(rule, alert, message, now) }
  })
  print(terminal, options, { alerts: answers.map(factsOf) }, () => answers.flatMap(linesOf).join('\n'))
}

function rulesIn(text: string, file: string): readonly Rule[] {
  const read = readRules(text)
  if ('error' in read) throw new ExitError(EXIT.usage, `${file}: ${read.error}`)
  if (read.rules.length > 0) return read.rules
  throw new ExitError(
    EXIT.usage,
    `${file}: has no rule: no Operarius, and no ConfigMap named openfero-ALERTNAME-STATUS`,
  )
}

async function messageOf(alertname: string | undefined, options: WhyAlertOptions): Promise<AlertMessage> {
  const { file, labels = '', status } = options
  if ((file === undefined) === (alertname === undefined)) {
    throw new ExitError(EXIT.usage, 'heald why alert: name either an alert or --file, a message with alerts')
  }
  if (file !== undefined) return loadFile(file, (text) => readMessage(text, file))
  const pairs = labels.split(',').filter((pair) => pair !== '')
  const wrong = pairs.find((pair) => !/^[^=]+=/.test(pair))
  if (wrong !== undefined) throw new ExitError(EXIT.usage, `heald why alert: --labels ${wrong}: write NAME=VALUE`)
  const named = pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
  const own = Object.fromEntries([['alertname', alertname], ...named])
  return parseMessage({ status, alerts: [{ status, labels: own }] })
}

function readMessage(text: string, file: string): AlertMessage {
  try {
    return parseMessage(JSON.parse(text))
  } catch (thrown) {
    if (thrown instanceof ZodError) {
      const [issue] = thrown.issues
      throw new ExitError(EXIT.usage, `${file}: ${issue?.path.join('.') || 'message'}: ${issue?.message}`)
    }
    if (thrown instanceof SyntaxError) throw new ExitError(EXIT.usage, `${file}: is no JSON: ${thrown.message}`)
    throw thrown
  }
}

function factsOf({ alert, rule, others, built }: Answer): object {
  return {
    alert,
    rule: rule?.name,
    ...built,
    others: others.map(({ rule: { kind, name }, why }) => ({ kind, name, why })),
  }
}

function linesOf({ alert, rule, others, built }: Answer): readonly string[] {
  const { alertname = '', ...more } = alert.labels
  const labels = Object.entries(more).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const verdict = verdictOf(rule, built)
  const rows = others.slice(0, MOST_OTHERS).map((other) => [`  not ${other.rule.name}`, other.why])
  const left = others.length - rows.length
  return [
    `${alertname || 'an alert without a name'}{${labels.join(', ')}} ${alert.status}: ${verdict}`,
    ...alignColumns(rows),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ]
}

function verdictOf(rule: Rule | undefined, built: BuiltJob | undefined): string {
  if (rule === undefined || built === undefined) return 'no rule matches'
  if ('fault' in built) return `${rule.kind} ${rule.name} matches, and can make no Job: ${built.fault}`
  return `${rule.kind} ${rule.name} starts Job ${built.job.metadata.name}`
}

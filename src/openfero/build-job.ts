import type { Alert, AlertMessage } from '../alert/message.ts'
import { GoTemplateError } from '../lib/pure/go-template/value.ts'
import { listOf, recordOf, textOf } from '../lib/pure/json.ts'
import { alertEnv } from './env.ts'
import { literal } from './literal.ts'
import { groupHash, labelValue, runName, windowName } from './names.ts'
import { podSpecOf, type Rule } from './rule.ts'
import { mapTemplates, render, templateData } from './templates.ts'

/** As upstream's ConfigMaps have always had it: Jobs that nobody removes pile up. */
const TTL_SECONDS = 300

export interface Job {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'Job'
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly spec: Readonly<Record<string, unknown>>
}

/** The Job, or why there can be none for this alert. */
export type BuiltJob = { readonly job: Job } | { readonly fault: string }

/** `now`: milliseconds since 1970. */
export function buildJob(rule: Rule, alert: Alert, message: AlertMessage, now: number): BuiltJob {
  try {
    return { job: jobOf(rule, alert, message, now) }
  } catch (thrown) {
    if (thrown instanceof GoTemplateError) return { fault: thrown.message }
    throw thrown
  }
}

function jobOf(rule: Rule, alert: Alert, message: AlertMessage, now: number): Job {
  const { spec } = rule.job
  const pod = podSpecOf(spec)
  const { env, left } = alertEnv(alert.labels, rule.kind === 'ConfigMap')
  const data = templateData(alert, message)
  const containers = listOf(pod.containers).map((container, at) => {
    const own = rule.kind === 'ConfigMap' ? recordOf(container) : rendered(container, at, data)
    if (rule.kind === 'ConfigMap' && at > 0) return own
    return { ...own, env: [...listOf(own.env), ...env] }
  })
  const alertname = alert.labels.alertname ?? 'unknown'
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: nameOf(rule, alert, message, now),
      ...(rule.namespace === undefined ? {} : { namespace: rule.namespace }),
      labels: { ...rule.job.labels, ...ownLabels(rule, alert, message) },
      annotations: {
        ...rule.job.annotations,
        'heald.dev/alert': alertname,
        'heald.dev/fingerprint': alert.fingerprint,
        ...(left.length === 0 ? {} : { 'heald.dev/labels-left-out': left.join(' ').slice(0, 1_024) }),
      },
    },
    spec: {
      ...spec,
      ttlSecondsAfterFinished: spec.ttlSecondsAfterFinished ?? TTL_SECONDS,
      template: {
        ...recordOf(spec.template),
        spec: {
          ...pod,
          containers,
          restartPolicy: pod.restartPolicy ?? 'Never',
          enableServiceLinks: pod.enableServiceLinks ?? false,
          automountServiceAccountToken: pod.automountServiceAccountToken ?? hasAccount(pod),
        },
      },
    },
  }
}

function hasAccount(pod: Readonly<Record<string, unknown>>): boolean {
  return (textOf(pod.serviceAccountName) ?? textOf(pod.serviceAccount) ?? '') !== ''
}

function rendered(container: unknown, at: number, data: ReturnType<typeof templateData>) {
  return mapTemplates(container, (text, where) => {
    try {
      return literal(render(text, data))
    } catch (thrown) {
      if (!(thrown instanceof GoTemplateError)) throw thrown
      throw new GoTemplateError(`containers[${at}].${where}: ${thrown.message}`)
    }
  })
}

/** The first alert of a group has the name that upstream gives, the others one of their own. */
function nameOf(rule: Rule, alert: Alert, message: AlertMessage, now: number): string {
  const run = `${rule.name}/${alert.fingerprint}/${alert.startsAt}/${alert.status}`
  if (rule.kind === 'ConfigMap') return runName(rule.job.name ?? rule.name, run)
  if (rule.dedupSeconds === 0) return runName(rule.name, run)
  const window = Math.floor(now / 1_000 / rule.dedupSeconds)
  const isFirst = message.alerts[0]?.fingerprint === alert.fingerprint
  return windowName(rule.name, message.groupKey, window, isFirst ? undefined : alert.fingerprint)
}

function ownLabels(rule: Rule, alert: Alert, { groupKey }: AlertMessage): Readonly<Record<string, string>> {
  const group = groupHash(groupKey)
  if (rule.kind === 'ConfigMap') {
    return { app: 'openfero', ...(group === '' ? {} : { 'openfero.io/group-key': group }) }
  }
  return {
    'openfero.io/operarius': labelValue(rule.name),
    'openfero.io/alert': labelValue(alert.labels.alertname ?? 'unknown'),
    'openfero.io/group-key': group,
    'openfero.io/managed-by': 'openfero',
    'openfero.io/status': alert.status,
  }
}

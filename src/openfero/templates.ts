import type { Alert, AlertMessage } from '../alert/message.ts'
import type { Piece } from '../lib/pure/go-template/execute.ts'
import { parseGoTemplate } from '../lib/pure/go-template/go-template.ts'
import { GoTemplateError, string, strings, type Value } from '../lib/pure/go-template/value.ts'
import { listOf, recordOf } from '../lib/pure/json.ts'

/** Where a rule's author may write templates: `env[].value`, `command[]` and `args[]` of each container. */
export function mapTemplates(
  container: unknown,
  render: (text: string, where: string) => string,
): Readonly<Record<string, unknown>> {
  const { env, command, args, ...rest } = recordOf(container)
  const each = (list: unknown, name: string) =>
    Array.isArray(list)
      ? { [name]: list.map((one, at) => (typeof one === 'string' ? render(one, `${name}[${at}]`) : one)) }
      : {}
  const values = (one: unknown, at: number): unknown => {
    const { value } = recordOf(one)
    return typeof value === 'string' ? { ...recordOf(one), value: render(value, `env[${at}].value`) } : one
  }
  return {
    ...rest,
    ...(Array.isArray(env) ? { env: listOf(env).map(values) } : {}),
    ...each(command, 'command'),
    ...each(args, 'args'),
  }
}

/** Which of them no template can be read from, and why. */
export function templateFaults(containers: readonly unknown[]): readonly string[] {
  const faults: string[] = []
  for (const [at, container] of containers.entries()) {
    mapTemplates(container, (text, where) => {
      try {
        parseGoTemplate(text)
      } catch (thrown) {
        if (!(thrown instanceof GoTemplateError)) throw thrown
        faults.push(`containers[${at}].${where}: ${thrown.message}`)
      }
      return text
    })
  }
  return faults
}

/** Throws GoTemplateError. Text without `{{` is left alone. */
export function render(text: string, data: Value): readonly Piece[] {
  return text.includes('{{') ? parseGoTemplate(text).render(data) : [{ text, isData: false }]
}

/** What a template sees; names, types and order are those of OpenFero, since `{{ . }}` prints them. */
export function templateData(alert: Alert, message: AlertMessage): Value {
  const alerts: Value = { kind: 'list', items: message.alerts.map(alertValue) }
  const hook: Value = struct('HookMessage', {
    ...{ Version: string(message.version), GroupKey: string(message.groupKey), Status: string(message.status) },
    ...{ Receiver: string(message.receiver), GroupLabels: strings(message.groupLabels) },
    ...{ CommonLabels: strings(message.commonLabels), CommonAnnotations: strings(message.commonAnnotations) },
    ...{ ExternalURL: string(message.externalURL), Alerts: alerts },
  })
  return struct('data', {
    ...{ Alert: alertValue(alert), HookMessage: hook, Labels: strings(alert.labels) },
    ...{ Annotations: strings(alert.annotations), GroupKey: string(message.groupKey), Status: string(alert.status) },
  })
}

function alertValue({ labels, annotations, startsAt, endsAt }: Alert): Value {
  return struct('Alert', {
    ...{ Labels: strings(labels), Annotations: strings(annotations) },
    ...{ StartsAt: string(startsAt), EndsAt: string(endsAt) },
  })
}

function struct(type: string, fields: Readonly<Record<string, Value>>): Value {
  return { kind: 'struct', type, fields }
}

import { parse } from 'yaml'
import type { AlertStatus, Labels } from '../alert/message.ts'
import { isRecord, listOf, recordAt, recordOf, textOf, textOrEmpty, textsOf } from '../lib/pure/json.ts'
import { templateFaults } from './templates.ts'

/** Who wants which Job for which alert: an Operarius, or a ConfigMap as OpenFero read them up to 0.17. */
export interface Rule {
  readonly kind: 'Operarius' | 'ConfigMap'
  readonly name: string
  readonly namespace: string | undefined
  /** RFC 3339; undefined in a file that was never applied. */
  readonly createdAt: string | undefined
  readonly alertname: string
  readonly status: AlertStatus
  /** All of these labels must be equal. */
  readonly labels: Labels
  readonly enabled: boolean
  readonly priority: number
  /** One Job per group in so many seconds; 0: no such window. */
  readonly dedupSeconds: number
  readonly job: JobTemplate
  /** Why it can't be used; empty: it can. */
  readonly faults: readonly string[]
}

export interface JobTemplate {
  readonly name: string | undefined
  readonly labels: Labels
  readonly annotations: Labels
  /** A Job's spec. */
  readonly spec: Readonly<Record<string, unknown>>
}

const INT32 = 2 ** 31
const DISABLED = 'openfero/job-disabled'
const CONFIG_MAP_NAME = /^openfero-(.+)-(firing|resolved)$/

/** The rules in one Kubernetes object: none, one, or one for each key of a ConfigMap. Never throws. */
export function rulesOf(object: unknown): readonly Rule[] {
  const { kind, apiVersion } = recordOf(object)
  if (kind === 'Operarius' && textOrEmpty(apiVersion).startsWith('openfero.io/')) return [operariusOf(object)]
  if (kind === 'ConfigMap') return configMapRules(object)
  return []
}

function operariusOf(object: unknown): Rule {
  const spec = recordAt(object, 'spec')
  const selector = recordOf(spec.alertSelector)
  const template = recordOf(spec.jobTemplate)
  const dedup = recordOf(spec.deduplication)
  const { status, alertname } = selector
  const priority = spec.priority ?? 0
  const ttl = dedup.ttl ?? 0
  const job = jobOf(template)
  return {
    kind: 'Operarius',
    ...metaOf(object),
    alertname: textOrEmpty(alertname),
    status: status === 'resolved' ? 'resolved' : 'firing',
    labels: textsOf(selector.labels),
    enabled: spec.enabled !== false,
    priority: isInt32(priority) ? priority : 0,
    dedupSeconds: dedup.enabled === true && isInt32(ttl) ? Math.max(ttl, 0) : 0,
    job,
    faults: [
      ...(textOf(alertname) === undefined ? ['spec.alertSelector.alertname is missing'] : []),
      ...(status === 'firing' || status === 'resolved'
        ? []
        : ['spec.alertSelector.status is neither firing nor resolved']),
      ...(isInt32(priority) ? [] : ['spec.priority is no whole number of 32 bits']),
      ...(isInt32(ttl) ? [] : ['spec.deduplication.ttl is no whole number of 32 bits']),
      ...jobFaults(job, true),
    ],
  }
}

function configMapRules(object: unknown): readonly Rule[] {
  const meta = metaOf(object)
  const [, lowered, status] = CONFIG_MAP_NAME.exec(meta.name) ?? []
  if (lowered === undefined) return []
  const labels = textsOf(recordAt(object, 'metadata').labels)
  const unselected =
    labels.app === 'openfero' ? [] : ['it has no label app=openfero, by which such ConfigMaps are found']
  return Object.entries(textsOf(recordOf(object).data)).map(([alertname, yaml]) => {
    const { template, faults } = templateIn(yaml)
    const job = jobOf(template)
    const isOther = alertname.toLowerCase() !== lowered
    return {
      kind: 'ConfigMap',
      ...meta,
      ...{ alertname, status: status === 'resolved' ? 'resolved' : 'firing', labels: {} },
      enabled: (labels[DISABLED] ?? '') === '',
      ...{ priority: 0, dedupSeconds: 0, job },
      faults: [
        ...unselected,
        ...(isOther ? [`its key ${alertname} is looked for in openfero-${alertname.toLowerCase()}-${status}`] : []),
        ...(faults.length > 0 ? faults : jobFaults(job, false)),
      ],
    }
  })
}

function templateIn(yaml: string): { readonly template: unknown; readonly faults: readonly string[] } {
  try {
    const template: unknown = parse(yaml, { maxAliasCount: 100 })
    return isRecord(template) ? { template, faults: [] } : { template: {}, faults: ['its text is no Job'] }
  } catch {
    return { template: {}, faults: ['its text is no YAML'] }
  }
}

function metaOf(object: unknown): Pick<Rule, 'name' | 'namespace' | 'createdAt'> {
  const { name, namespace, creationTimestamp } = recordAt(object, 'metadata')
  return { name: textOrEmpty(name), namespace: textOf(namespace), createdAt: textOf(creationTimestamp) }
}

function jobOf(template: unknown): JobTemplate {
  const metadata = recordAt(template, 'metadata')
  return {
    name: textOf(metadata.name),
    labels: textsOf(metadata.labels),
    annotations: textsOf(metadata.annotations),
    spec: recordAt(template, 'spec'),
  }
}

/** Of a Job's spec; nothing where it is written otherwise. */
export function podSpecOf(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return recordAt(spec.template, 'spec')
}

function jobFaults({ spec }: JobTemplate, hasTemplates: boolean): readonly string[] {
  const containers = listOf(podSpecOf(spec).containers)
  if (containers.length === 0) return ['its Job has no container']
  return hasTemplates ? templateFaults(containers) : []
}

function isInt32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= -INT32 && value < INT32
}

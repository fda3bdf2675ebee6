import { z } from 'zod'
import { isRecord } from '../lib/pure/json.ts'
import { fingerprintOf } from './fingerprint.ts'

/** Go's zero time: an alert that has not ended. */
const NEVER = '0001-01-01T00:00:00Z'

export type AlertStatus = 'firing' | 'resolved'
export type Labels = Readonly<Record<string, string>>

export interface Alert {
  /** Its own, which may differ from the group's. */
  readonly status: AlertStatus
  readonly labels: Labels
  readonly annotations: Labels
  /** As they came. */
  readonly startsAt: string
  readonly endsAt: string
  /** Alertmanager's, or reckoned in the same way. */
  readonly fingerprint: string
}

/** What Alertmanager (webhook version 4) or Grafana posts: one group of alerts. */
export interface AlertMessage {
  readonly version: string
  readonly groupKey: string
  readonly status: AlertStatus
  readonly receiver: string
  readonly externalURL: string
  readonly groupLabels: Labels
  readonly commonLabels: Labels
  readonly commonAnnotations: Labels
  readonly alerts: readonly Alert[]
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')

/** Entries, not a record of zod's: a label may be named `__proto__`. */
const labels = z
  .unknown()
  .optional()
  .transform((value, context): Labels => {
    const entries = isRecord(value) ? Object.entries(value) : []
    const isOther = value !== undefined && value !== null && !isRecord(value)
    if (isOther || entries.some(([, one]) => typeof one !== 'string')) {
      context.addIssue({ code: 'custom', message: 'expected names with texts' })
      return z.NEVER
    }
    return Object.fromEntries(entries) as Labels
  })

/** Sender's keys are read without regard to their case. */
function anyCase<T extends z.ZodRawShape>(shape: T) {
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]))
  const spelled = (value: unknown): unknown =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [names.get(key.toLowerCase()) ?? key, one]))
      : value
  return z.preprocess(spelled, z.object(shape))
}

const alert = anyCase({ status: text, labels, annotations: labels, startsAt: text, endsAt: text, fingerprint: text })

const message = anyCase({
  ...{ version: text, groupKey: text, receiver: text, externalURL: text },
  status: z.enum(['firing', 'resolved']),
  ...{ groupLabels: labels, commonLabels: labels, commonAnnotations: labels },
  alerts: z
    .array(alert)
    .nullish()
    .transform((value) => value ?? []),
})

/** A message without alerts stands for one that has the group's common labels. Throws ZodError. */
export function parseMessage(value: unknown): AlertMessage {
  const { alerts, ...group } = message.parse(value)
  const common = { labels: group.commonLabels, annotations: group.commonAnnotations }
  const found = alerts.length > 0 ? alerts : [{ ...common, status: '', startsAt: '', endsAt: '', fingerprint: '' }]
  return {
    ...group,
    alerts: found.map((one) => ({
      labels: one.labels,
      annotations: one.annotations,
      status: one.status === 'firing' || one.status === 'resolved' ? one.status : group.status,
      startsAt: one.startsAt || NEVER,
      endsAt: one.endsAt || NEVER,
      fingerprint: one.fingerprint || fingerprintOf(one.labels),
    })),
  }
}

import type { Alert, AlertMessage } from '../alert/message.ts'
import type { Rule } from './rule.ts'

export interface Match {
  /** The one that answers the alert. */
  readonly rule: Rule | undefined
  /** Of the rules for this alert's name, or of all where there is none: why not that one, the nearest first. */
  readonly others: readonly { readonly rule: Rule; readonly why: string }[]
}

/** The highest priority wins, then the oldest rule, then the first by name: every replica says the same. */
export function matchRule(alert: Alert, message: AlertMessage, rules: readonly Rule[]): Match {
  const labels = { ...message.commonLabels, ...alert.labels }
  const judged = rules.map((rule) => ({ rule, differs: differences(rule, alert.status, labels) }))
  const [best, ...losers] = judged
    .filter(({ differs }) => differs.length === 0)
    .map(({ rule }) => rule)
    .sort(before)
  const named = judged.filter(({ rule, differs }) => differs.length > 0 && rule.alertname === labels.alertname)
  const nearest = named.length > 0 || best !== undefined ? named : judged
  return {
    rule: best,
    others: [
      ...losers.map((rule) => ({ rule, why: `${best?.name} comes first: ${whyBefore(best, rule)}` })),
      ...[...nearest]
        .sort((a, b) => a.differs.length - b.differs.length || before(a.rule, b.rule))
        .map(({ rule, differs }) => ({ rule, why: differs.join('; ') })),
    ],
  }
}

function differences(rule: Rule, status: Alert['status'], labels: Readonly<Record<string, string>>): readonly string[] {
  const { alertname = '' } = labels
  const differs = [...rule.faults]
  if (!rule.enabled) differs.push('it is disabled')
  if (rule.alertname !== alertname) differs.push(`it is for ${JSON.stringify(rule.alertname)}`)
  if (rule.status !== status) differs.push(`it is for alerts that are ${rule.status}`)
  for (const [name, wanted] of Object.entries(rule.labels)) {
    const found = labels[name]
    if (found === wanted) continue
    const has = found === undefined ? 'is missing' : `is ${JSON.stringify(found)}`
    differs.push(`label ${name} ${has}, it wants ${JSON.stringify(wanted)}`)
  }
  return differs
}

function before(a: Rule, b: Rule): number {
  if (a.priority !== b.priority) return b.priority - a.priority
  const [older, younger] = [a.createdAt ?? '9', b.createdAt ?? '9']
  if (older !== younger) return older < younger ? -1 : 1
  return a.name < b.name ? -1 : 1
}

function whyBefore(first: Rule | undefined, second: Rule): string {
  if (first?.priority !== second.priority) return `priority ${first?.priority} against ${second.priority}`
  return first?.createdAt !== second.createdAt ? 'it is older' : 'its name comes first'
}

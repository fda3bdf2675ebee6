import t from 'tap'
import { stringify } from 'yaml'
import { parseMessage } from '../../src/alert/message.ts'
import { matchRule } from '../../src/openfero/match.ts'
import { readRules } from '../../src/openfero/read-rules.ts'
import type { Rule } from '../../src/openfero/rule.ts'

const container = { name: 'fix', image: 'busybox', command: ['true'] }

// biome-ignore lint/suspicious/noExplicitAny: objects as a person writes them
function operarius(name: string, spec: any = {}, created = '2026-01-01T00:00:00Z'): object {
  return {
    apiVersion: 'openfero.io/v1alpha1',
    kind: 'Operarius',
    metadata: { name, namespace: 'ops', creationTimestamp: created },
    spec: {
      alertSelector: { alertname: 'A', status: 'firing', ...spec.alertSelector },
      jobTemplate: spec.jobTemplate ?? { spec: { template: { spec: { containers: [container] } } } },
      ...Object.fromEntries(Object.entries(spec).filter(([key]) => !/^(alertSelector|jobTemplate)$/.test(key))),
    },
  }
}

function rulesIn(...objects: readonly object[]): readonly Rule[] {
  const answer = readRules(objects.map((object) => stringify(object)).join('---\n'))
  if ('error' in answer) throw new Error(answer.error)
  return answer.rules
}

function match(rules: readonly Rule[], labels: object = {}, status = 'firing') {
  const message = parseMessage({
    status,
    commonLabels: { zone: 'z' },
    alerts: [{ labels: { alertname: 'A', ...labels } }],
  })
  const [alert] = message.alerts
  if (alert === undefined) throw new Error('no alert')
  const { rule, others } = matchRule(alert, message, rules)
  return { rule: rule?.name, why: Object.fromEntries(others.map((other) => [other.rule.name, other.why])) }
}

t.test(
  'the highest priority answers, then the oldest rule, then the first by name, whatever their order',
  async (t) => {
    const objects = [
      operarius('late', { priority: 5 }, '2026-02-01T00:00:00Z'),
      operarius('b', { priority: 5 }),
      operarius('a', { priority: 5 }),
      operarius('low'),
    ]
    for (const order of [objects, [...objects].reverse()]) {
      t.same(match(rulesIn(...order)), {
        rule: 'a',
        why: {
          b: 'a comes first: its name comes first',
          late: 'a comes first: it is older',
          low: 'a comes first: priority 5 against 0',
        },
      })
    }
  },
)

t.test('a rule that does not answer says everything in which it differs, labels of the group included', async (t) => {
  const rules = rulesIn(
    operarius('labels', { alertSelector: { labels: { team: 'x', severity: 'critical', zone: 'z' } } }),
    operarius('resolved', { alertSelector: { status: 'resolved' } }),
    operarius('off', { enabled: false }),
    operarius('other', { alertSelector: { alertname: 'B' } }),
  )
  t.same(match(rules, { severity: 'warning' }), {
    rule: undefined,
    why: {
      labels: 'label team is missing, it wants "x"; label severity is "warning", it wants "critical"',
      resolved: 'it is for alerts that are resolved',
      off: 'it is disabled',
    },
  })
  t.same(match(rules, { alertname: 'b' }).why.other, 'it is for "B"', 'no rule of that name: the nearest of all')
})

t.test('a rule that can never work is passed over and says why; the others go on', async (t) => {
  const broken = (jobTemplate: object) => ({ priority: 9, jobTemplate })
  const args = [{ name: 'fix', args: ['{{ .Labels.pod'] }]
  const rules = rulesIn(
    operarius('good'),
    operarius('huge', { priority: 2_147_483_648 }),
    operarius('empty', broken({ spec: { template: { spec: { containers: [] } } } })),
    operarius('template', broken({ spec: { template: { spec: { containers: args } } } })),
    { apiVersion: 'openfero.io/v1alpha1', kind: 'Operarius', metadata: { name: 'bare' } },
    { kind: 'ConfigMap', metadata: { name: 'openfero-a-firing' }, data: { A: '{', B: 'x' } },
    { kind: 'ConfigMap', metadata: { name: 'something-else' }, data: { A: 'x' } },
  )
  const { rule, why } = match(rules)
  t.equal(rule, 'good')
  t.match(why, {
    huge: 'spec.priority is no whole number of 32 bits',
    empty: 'its Job has no container',
    template: 'containers[0].args[0]: an action has no end',
    'openfero-a-firing': /no label app=openfero.*; its text is no YAML/,
  })
})

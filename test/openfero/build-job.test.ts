import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { parseMessage } from '../../src/alert/message.ts'
import { buildJob, type Job } from '../../src/openfero/build-job.ts'
import { readRules } from '../../src/openfero/read-rules.ts'
import type { Rule } from '../../src/openfero/rule.ts'

const read = (name: string): string => readFileSync(`test/openfero/golden/${name}`, 'utf8')
const { request, posted_unix } = JSON.parse(read('message.json'))
const NOW = posted_unix * 1_000
const OWN = ['enableServiceLinks', 'automountServiceAccountToken']

// biome-ignore lint/suspicious/noExplicitAny: tests read single fields of what is built
type Loose = any

function ruleIn(yaml: string): Rule {
  const answer = readRules(yaml)
  if ('error' in answer || answer.rules[0] === undefined) throw new Error('no rule')
  return answer.rules[0]
}

function jobOf(rule: Rule, message: object = request, at = 0): Loose {
  const parsed = parseMessage(message)
  const alert = parsed.alerts[at]
  if (alert === undefined) throw new Error('no alert')
  const built = buildJob(rule, alert, parsed, NOW)
  if ('fault' in built) throw new Error(built.fault)
  return built.job satisfies Job
}

function operarius(change: (spec: Loose) => void): Rule {
  const object = parse(read('operarius.yaml'))
  change(object.spec)
  return ruleIn(stringify(object))
}

t.test("the Job is OpenFero's, but for what heald adds", async (t) => {
  const job = jobOf(ruleIn(read('operarius.yaml')))
  const seen = parse(read('job.yaml'))
  t.equal(job.metadata.name, seen.metadata.name)
  t.equal(job.metadata.namespace, seen.metadata.namespace)
  t.same(job.metadata.labels, seen.metadata.labels)
  t.match(job.spec, { backoffLimit: 2, ttlSecondsAfterFinished: 600 })
  const [container] = job.spec.template.spec.containers
  const [wanted] = seen.spec.template.spec.containers
  t.same(container.command, wanted.command)
  // What the API server fills in stands in the golden Job only; variables of the labels have no order there.
  const values = (env: Loose) => env.map(({ name, value = '' }: Loose) => `${name}=${value}`)
  t.same(values(container.env.slice(0, 3)), values(wanted.env.slice(0, 3)))
  t.same(values(container.env).sort(), values(wanted.env).sort())
  const { template, ...pod } = job.spec.template.spec
  const extra = Object.keys(pod).filter((key) => !(key in seen.spec.template.spec))
  t.same(extra.sort(), [...OWN].sort())
})

t.test('a Job has an end, no account that nobody named, and a restart policy', async (t) => {
  const rule = operarius((spec) => {
    delete spec.jobTemplate.spec.ttlSecondsAfterFinished
    delete spec.jobTemplate.spec.template.spec.restartPolicy
    delete spec.jobTemplate.spec.template.spec.serviceAccountName
  })
  t.match(jobOf(rule).spec, {
    ttlSecondsAfterFinished: 300,
    template: { spec: { restartPolicy: 'Never', automountServiceAccountToken: false, enableServiceLinks: false } },
  })
  t.match(jobOf(ruleIn(read('operarius.yaml'))).spec.template.spec, { automountServiceAccountToken: true })
})

t.test('what an alert says is no template, and no reference that a kubelet resolves', async (t) => {
  const labels = { alertname: 'KubePodCrashLooping', pod: '{{ .Status }}', namespace: '$(HOME)', nul: 'a\0b' }
  const message = { ...request, alerts: [{ ...request.alerts[0], labels }] }
  const [container] = jobOf(ruleIn(read('operarius.yaml')), message).spec.template.spec.containers
  t.same(container.command[2], 'echo $OPENFERO_POD {{ .Status }}')
  const valuesOf = (name: string) =>
    container.env.filter((one: Loose) => one.name === name).map(({ value }: Loose) => value)
  t.same(valuesOf('OPENFERO_POD'), ['mine', '{{ .Status }}'])
  t.same(valuesOf('POD_NS'), ['$$(HOME)'])
  t.same(valuesOf('OPENFERO_NAMESPACE'), ['$$(HOME)'])
  t.same(valuesOf('OPENFERO_NUL'), ['ab'])
})

t.test(
  'each alert of a group gets a Job of its own, by its own status; the first has the name that it always had',
  async (t) => {
    const [first] = request.alerts
    const second = { ...first, status: 'resolved', labels: { ...first.labels, pod: 'p-2' }, fingerprint: 'ffff' }
    const message = { ...request, alerts: [first, second] }
    const rule = ruleIn(read('operarius.yaml'))
    const [a, b] = [jobOf(rule, message, 0), jobOf(rule, message, 1)]
    t.equal(a.metadata.name, parse(read('job.yaml')).metadata.name)
    t.match(b.metadata.name, new RegExp(`^${a.metadata.name}-[0-9a-z]{5}$`))
    t.match(b.metadata.labels, { 'openfero.io/status': 'resolved' })
    t.match(b.spec.template.spec.containers[0].command[2], /p-2/)
  },
)

t.test('a template that cannot be carried out is a fault that names its place', async (t) => {
  const rule = operarius((spec) => {
    spec.jobTemplate.spec.template.spec.containers[0].args = ['ok', '{{ .Labels.team }}']
  })
  const message = parseMessage(request)
  const [alert] = message.alerts
  t.match(alert && buildJob(rule, alert, message, NOW), {
    fault: 'containers[0].args[1]: there is no entry "team"',
  })
})

t.test('a ConfigMap makes the Job that stands in it, without templates, for its first container', async (t) => {
  const yaml = stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'openfero-kubepodcrashlooping-firing', namespace: 'ops', labels: { app: 'openfero' } },
    data: {
      KubePodCrashLooping: stringify({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'fix' },
        spec: { template: { spec: { containers: [{ name: 'a', args: ['{{ .x }}'] }, { name: 'b' }] } } },
      }),
    },
  })
  const message = { ...request, alerts: [{ labels: { alertname: 'KubePodCrashLooping', 'a-b': 'c' } }] }
  const job = jobOf(ruleIn(yaml), message)
  t.match(job.metadata, { name: /^fix-[0-9a-z]{5}$/, namespace: 'ops' })
  t.same(job.metadata.labels, { app: 'openfero', 'openfero.io/group-key': 'grhx4hlr49gd9' })
  const [a, b] = job.spec.template.spec.containers
  t.same(a.args, ['{{ .x }}'])
  t.match(
    a.env.map(({ name }: Loose) => name),
    ['OPENFERO_A-B', 'OPENFERO_A_B', 'OPENFERO_ALERTNAME'],
  )
  t.equal(b.env, undefined)
})

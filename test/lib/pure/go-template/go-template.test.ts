import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseGoTemplate } from '../../../../src/lib/pure/go-template/go-template.ts'
import { GoTemplateError, string, strings, type Value } from '../../../../src/lib/pure/go-template/value.ts'

interface Vector {
  readonly template: string
  readonly kind: 'ok' | 'parse' | 'execute'
  readonly result?: string
}

// biome-ignore lint/suspicious/noExplicitAny: as it stands in the file
const { data, vectors } = JSON.parse(readFileSync('test/lib/pure/go-template/vectors.json', 'utf8')) as any

// biome-ignore lint/suspicious/noExplicitAny: as above
function alert({ Labels, Annotations, StartsAt, EndsAt }: any): Value {
  const fields = { Labels: strings(Labels), Annotations: strings(Annotations) }
  return { kind: 'struct', type: 'Alert', fields: { ...fields, StartsAt: string(StartsAt), EndsAt: string(EndsAt) } }
}

const message: Value = {
  kind: 'struct',
  type: 'HookMessage',
  fields: {
    ...{ Version: string(data.Version), GroupKey: string(data.GroupKey), Status: string(data.Status) },
    ...{ Receiver: string(data.Receiver), GroupLabels: strings(data.GroupLabels) },
    ...{ CommonLabels: strings(data.CommonLabels), CommonAnnotations: strings(data.CommonAnnotations) },
    ...{ ExternalURL: string(data.ExternalURL), Alerts: { kind: 'list', items: data.Alerts.map(alert) } },
  },
}
const [first] = data.Alerts
const root: Value = {
  kind: 'struct',
  type: 'data',
  fields: {
    ...{ Alert: alert(first), HookMessage: message, Labels: strings(first.Labels) },
    ...{ Annotations: strings(first.Annotations), GroupKey: string(data.GroupKey), Status: string(data.Status) },
  },
}

function render(template: string): string {
  return parseGoTemplate(template)
    .render(root)
    .map(({ text }) => text)
    .join('')
}

t.test("each vector gives what Go's text/template gives, or an error where it gives one", async (t) => {
  t.equal(vectors.length, 142)
  for (const { template, kind, result } of vectors as readonly Vector[]) {
    if (kind === 'ok') t.equal(render(template), result, template)
    else if (kind === 'parse') t.throws(() => parseGoTemplate(template), GoTemplateError, template)
    else t.throws(() => render(template), GoTemplateError, template)
  }
})

t.test('a template that runs, grows or nests without measure is an error, soon', async (t) => {
  const bombs = [
    '{{ range 30000000 }}{{ end }}',
    '{{ range 9000 }}{{ $.Labels.pod }}{{ $.Labels.pod }}{{ end }}',
    '{{ printf "%1000000d" 1 }}',
    '{{ $x := printf "%60000d" 1 }}{{ $x = printf "%s%s" $x $x }}',
    '{{ range 100 }}{{ printf "%1000d" 1 }}{{ end }}',
    '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}',
    `{{ ${'('.repeat(200)}1${')'.repeat(200)} }}`,
    `${'{{ if true }}'.repeat(200)}${'{{ end }}'.repeat(200)}`,
  ]
  for (const bomb of bombs) t.throws(() => render(bomb), GoTemplateError, bomb.slice(0, 70))
})

t.test('what the author wrote and what came from the data can be told apart', async (t) => {
  t.same(parseGoTemplate('a {{ .Labels.pod }}{{ "$(X)" }}').render(root), [
    { text: 'a ', isData: false },
    { text: 'p-0', isData: true },
    { text: '$(X)', isData: false },
  ])
})

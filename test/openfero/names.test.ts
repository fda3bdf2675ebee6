import t from 'tap'
import { groupHash, labelValue, runName, windowName } from '../../src/openfero/names.ts'

const F1 =
  '{}/{alertname="KubeQuotaAlmostFull"}:{alertname="KubeQuotaAlmostFull", severity="info", stage="dev", zone="dmz"}'
const F2 = '{}/{}:{alertname="KubePodCrashLooping"}'
const F3 = '{}/{severity="critical"}:{alertname="ProbeFailure"}'

t.test("hashes of groups and names of Jobs are OpenFero's", async (t) => {
  t.equal(groupHash('test-group'), 'g331iakcj0idq3')
  t.equal(groupHash('test-group-key'), 'g22jqeymj76rex')
  t.same([F1, F2, F3].map(groupHash), ['g1f8n3qrkb649u', 'grhx4hlr49gd9', 'gy2c8oemr3ebr'])
  t.equal(groupHash('{}:{alertname="Test", job="prometheus24"}'), 'g3vrg6u36xlbvl')
  t.equal(groupHash(''), '')
  t.equal(windowName('pod-crashloop-restart', F2, 5_898_240), 'pod-crashloop-restart-grhx4hlr49gd9-5898240')
  t.equal(windowName('Rule', '', 1), 'rule--1')
})

t.test(
  'rules of 1 to 63 characters, three groups, two windows and three alerts: all names differ and fit',
  async (t) => {
    const names = new Set<string>()
    let made = 0
    for (let length = 1; length <= 63; length += 1) {
      const rule = 'a'.repeat(length)
      for (const group of [F1, F2, F3]) {
        for (const window of [5_898_240, 5_898_241]) {
          const alone = windowName(rule, group, window)
          if (length <= 40) t.equal(alone, `${rule}-${groupHash(group)}-${window}`)
          for (const name of [alone, windowName(rule, group, window, 'one'), windowName(rule, group, window, 'two')]) {
            made += 1
            names.add(name)
            t.ok(name.length <= 63 && /^[a-z0-9][-a-z0-9]*[a-z0-9]$/.test(name), name)
          }
        }
      }
    }
    t.equal(names.size, made)
  },
)

t.test('a run without a window is named by its rule and what it is about', async (t) => {
  t.match(runName('rule', 'a'), /^rule-[0-9a-z]{5}$/)
  t.not(runName('rule', 'a'), runName('rule', 'b'))
})

t.test('what can be no value of a label is cut and told apart by its hash', async (t) => {
  t.equal(labelValue('KubePodCrashLooping'), 'KubePodCrashLooping')
  for (const text of ['two words', 'grün', '-x', 'x'.repeat(64), '   ']) {
    const value = labelValue(text)
    t.ok(value.length <= 63 && /^[A-Za-z0-9][-A-Za-z0-9_.]*[A-Za-z0-9]$/.test(value), value)
    t.not(value, labelValue(`${text}y`))
  }
})

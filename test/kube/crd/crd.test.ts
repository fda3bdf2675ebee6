import t from 'tap'
import { crdOf, schemaOf } from '../../../src/kube/crd/crd.ts'
import { NODE_REPAIR } from '../../../src/kube/crd/node-repair.ts'
import { shippedCrd } from '../../support/kube/crd.ts'

t.test('the shipped CRD is the one that the zod schemas and the list of rules make', async (t) => {
  t.same(crdOf(NODE_REPAIR), await shippedCrd())
})

t.test('a rule stands at the place that it names, and a place that is not there is an error', async (t) => {
  const rule = { name: 'r', where: 'status.attempts[]', rule: 'true', message: 'm' }
  t.match(schemaOf({ ...NODE_REPAIR, rules: [rule] }), {
    properties: {
      status: { properties: { attempts: { items: { 'x-kubernetes-validations': [{ rule: 'true', message: 'm' }] } } } },
    },
  })
  t.throws(
    () => schemaOf({ ...NODE_REPAIR, rules: [{ ...rule, where: 'status.other' }] }),
    /rule r: there is no status/,
  )
})

t.test('every string and list that is stored has a bound, or a list of values', async (t) => {
  const unbounded: string[] = []
  const visit = (schema: unknown, path: string): void => {
    const { type, items, properties, ...rest } = schema as Record<string, unknown>
    if (type === 'string' && rest.maxLength === undefined && rest.enum === undefined) unbounded.push(path)
    if (type === 'array' && rest.maxItems === undefined) unbounded.push(path)
    if (items !== undefined) visit(items, `${path}[]`)
    for (const [name, each] of Object.entries(properties ?? {})) visit(each, `${path}.${name}`)
  }
  const { properties } = schemaOf(NODE_REPAIR) as { properties: Record<string, unknown> }
  for (const part of ['spec', 'status']) visit(properties[part], part)
  t.same(unbounded, [])
})

import { z } from 'zod'
import type { CelRule, Definition } from './definition.ts'

type Schema = Record<string, unknown>

/** The CustomResourceDefinition of a kind, as it is applied: its shape from the zod schemas, its CEL rules from the list. */
export function crdOf(definition: Definition): { readonly metadata: { readonly name: string }; readonly spec: object } {
  const { group, version, kind, plural, singular, shortNames, scope, columns } = definition
  return {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames },
      versions: [
        {
          ...{ name: version, served: true, storage: true, subresources: { status: {} } },
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schemaOf(definition) },
        },
      ],
    },
  }
}

/** The structural schema of a kind, its rules in their places. */
export function schemaOf({ description, spec, status, rules }: Definition): Schema {
  const root: Schema = {
    ...{ description, type: 'object', required: ['spec'] },
    properties: {
      ...{ apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } },
      ...{ spec: structural(spec), status: structural(status) },
    },
  }
  for (const rule of rules) place(root, rule)
  return root
}

/** What is stored, so the input of the codecs. */
function structural(schema: z.ZodType): Schema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      if (jsonSchema.type !== 'integer') return
      jsonSchema.format = 'int64'
      // zod bounds an integer by what a double can hold; a CRD needs no such bound.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
    },
  })
  return rest
}

function place(root: Schema, { name, where, rule, message }: CelRule): void {
  let at: Schema = root
  for (const step of where.split('.').filter((part) => part !== '')) {
    const isList = step.endsWith('[]')
    const property = (at.properties as Record<string, Schema>)[isList ? step.slice(0, -2) : step]
    const next = isList ? (property?.items as Schema | undefined) : property
    if (next === undefined) throw new Error(`crd: rule ${name}: there is no ${where}`)
    at = next
  }
  const before = (at['x-kubernetes-validations'] as readonly object[] | undefined) ?? []
  at['x-kubernetes-validations'] = [...before, { rule, message }]
}

import { z } from 'zod'
import type { FencedObject } from '../../core/model/fenced.ts'
import type { Unreadable } from '../../core/ports/ledger.ts'
import { recordAt, textOf } from '../../lib/pure/json.ts'
import type { Definition } from '../crd/definition.ts'
import { keyOf } from './keys.ts'

const Metadata = z.object({
  name: z.string().min(1),
  namespace: z.string().optional(),
  uid: z.string().min(1),
  resourceVersion: z.string().min(1),
  creationTimestamp: z.string().transform((text, context) => {
    const millis = Date.parse(text)
    if (Number.isNaN(millis)) context.addIssue({ code: 'custom', message: 'is not a time' })
    return millis
  }),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).default([]),
  annotations: z.record(z.string(), z.string()).default({}),
})

export type Read<Spec, Status> = { readonly object: FencedObject<Spec, Status> } | { readonly unreadable: Unreadable }

/** Reads objects of the kind as the API server gave them: as the core knows them, or why that can't be. */
export function createReader<Spec, Status>(
  definition: Definition<Spec, Status>,
): (object: unknown) => Read<Spec, Status> {
  const Whole = z.object({ metadata: Metadata, spec: definition.spec, status: definition.status.optional() })
  return (given) => {
    const parsed = Whole.safeParse(given)
    if (!parsed.success) return { unreadable: { ...fragmentOf(given, definition), why: whyNot(parsed.error) } }
    const { metadata, spec, status } = parsed.data
    const { uid, resourceVersion, finalizers, annotations } = metadata
    const name = keyOf(definition, metadata)
    if (name === undefined) return { unreadable: { ...fragmentOf(given, definition), why: 'it has no namespace' } }
    const deleting = metadata.deletionTimestamp !== undefined
    const createdAt = metadata.creationTimestamp
    return { object: { name, uid, resourceVersion, createdAt, deleting, finalizers, annotations, spec, status } }
  }
}

/** Of what can't be read: enough to say what is left alone because of it. */
function fragmentOf(
  given: unknown,
  definition: Definition,
): { readonly name: string; readonly about: string | undefined } {
  const { name: bare, namespace } = recordAt(given, 'metadata')
  const name = textOf(bare)
  if (name === undefined || name === '') return { name: 'unknown', about: undefined }
  const key = keyOf(definition, { name, namespace: textOf(namespace) }) ?? name
  return { name: key, about: textOf(recordAt(given, 'spec')[definition.about]) || undefined }
}

/** The spec as it is stored: free text and lists for people are cut to what the CRD takes; identities never are. */
export function storedSpec<Spec>(definition: Definition<Spec>, spec: Spec): object {
  return encoded(definition.kind, definition.spec, spec)
}

/** The status as it is stored; see `storedSpec`. */
export function storedStatus<Status>(definition: Definition<unknown, Status>, status: Status): object {
  return encoded(definition.kind, definition.status, status)
}

/** Throws when the value can't be stored, e.g. when a cursor is too long: that is the provider's contract. */
function encoded<T>(kind: string, schema: z.ZodType<T>, value: T): object {
  const result = z.safeEncode(schema, value)
  if (!result.success) throw new RangeError(`ledger: ${kind}: can't be stored: ${whyNot(result.error)}`)
  return result.data as object
}

function whyNot(error: z.ZodError): string {
  const issue = error.issues[0]
  return issue === undefined ? 'unknown' : `${issue.path.map(String).join('.') || 'object'}: ${issue.message}`
}

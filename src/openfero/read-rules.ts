import { parseAllDocuments } from 'yaml'
import { listOf, recordOf } from '../lib/pure/json.ts'
import { type Rule, rulesOf } from './rule.ts'

/** The rules in YAML as `kubectl get -o yaml` prints it: objects, or a list of them. Objects of other kinds are passed over. */
export function readRules(text: string): { readonly rules: readonly Rule[] } | { readonly error: string } {
  const documents = [...parseAllDocuments(text)]
  const error = documents.flatMap(({ errors }) => errors)[0]
  if (error !== undefined) return { error: error.message }
  const objects = documents.flatMap((document) => {
    const object: unknown = document.toJS({ maxAliasCount: 100 })
    const { items } = recordOf(object)
    return Array.isArray(items) ? listOf(items) : [object]
  })
  return { rules: objects.flatMap(rulesOf) }
}

import { listOf, recordOf, textOrEmpty } from '../../../lib/pure/json.ts'
import { badRequest } from './errors.ts'
import type { Stored } from './objects.ts'

export type Matches = (object: Stored) => boolean

const TERM = /^([^=!\s]+)\s*(==|=|!=)\s*(.*)$/
const SET = /^([^\s!(),=]+)\s+(in|notin)\s+\(([^)]*)\)$/

/** Both selectors of a LIST or WATCH as one predicate. */
export function selectorOf(query: URLSearchParams): Matches {
  const terms = [
    ...termsOf(query.get('labelSelector')).map(labelTerm),
    ...termsOf(query.get('fieldSelector')).map(fieldTerm),
  ]
  return (object) => terms.every((term) => term(object))
}

/** A LabelSelector object, as PodDisruptionBudgets carry it. An absent one selects nothing. */
export function labelSelectorOf(selector: unknown): Matches {
  if (selector === undefined || selector === null) return () => false
  const { matchLabels, matchExpressions } = recordOf(selector)
  const equal = Object.entries(recordOf(matchLabels))
  const expressions = listOf(matchExpressions).map(recordOf)
  return (object) =>
    equal.every(([key, value]) => object.metadata.labels?.[key] === value) &&
    expressions.every((expression) => {
      const value = object.metadata.labels?.[textOrEmpty(expression.key)]
      const values = listOf(expression.values)
      switch (expression.operator) {
        case 'In':
          return value !== undefined && values.includes(value)
        case 'NotIn':
          return value === undefined || !values.includes(value)
        case 'Exists':
          return value !== undefined
        default:
          return value === undefined
      }
    })
}

function termsOf(selector: string | null): readonly string[] {
  // A comma inside the parentheses of `key in (a,b)` does not end the term.
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
}

function labelTerm(term: string): Matches {
  const set = SET.exec(term)
  if (set !== null) {
    const [, key = '', operator, list = ''] = set
    const values = list.split(',').map((value) => value.trim())
    return ({ metadata }) => {
      const value = metadata.labels?.[key]
      return (value !== undefined && values.includes(value)) === (operator === 'in')
    }
  }
  const [, key = '', operator, value] = TERM.exec(term) ?? []
  if (operator !== undefined) return ({ metadata }) => (metadata.labels?.[key] === value) === (operator !== '!=')
  if (term.startsWith('!')) return ({ metadata }) => metadata.labels?.[term.slice(1)] === undefined
  return ({ metadata }) => metadata.labels?.[term] !== undefined
}

const FIELDS: Readonly<Record<string, (object: Stored) => string>> = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
  'spec.nodeName': (object) => textOrEmpty(recordOf(object.spec).nodeName),
  'spec.unschedulable': (object) => String(recordOf(object.spec).unschedulable ?? false),
  'status.phase': (object) => textOrEmpty(recordOf(object.status).phase),
  'involvedObject.name': (object) => textOrEmpty(recordOf(object.involvedObject).name),
  'involvedObject.kind': (object) => textOrEmpty(recordOf(object.involvedObject).kind),
  reason: (object) => textOrEmpty(object.reason),
}

function fieldTerm(term: string): Matches {
  const [, key = '', operator, value] = TERM.exec(term) ?? []
  const read = FIELDS[key]
  if (operator === undefined || read === undefined) {
    throw badRequest(`Unable to find "${key || term}" that match label selector "", field selector "${term}"`)
  }
  return (object) => (read(object) === value) === (operator !== '!=')
}

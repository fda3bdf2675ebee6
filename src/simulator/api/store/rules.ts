import { isDeepStrictEqual } from 'node:util'
import { FINISHED_ATTEMPTS, FINISHED_PHASES } from '../../../core/model/node-repair.ts'
import type { CelRule } from '../../../kube/crd/definition.ts'
import { NODE_REPAIR, type RepairRule } from '../../../kube/crd/node-repair.ts'
import { isRecord, listOf, recordOf } from '../../../lib/pure/json.ts'
import type { Fields } from './objects.ts'
import type { Fault } from './schema.ts'

/** Whether a rule holds for `self`. `old` is what stood there before: an empty object where the rule does not ask for it. */
type Check = (self: Fields, old: Fields) => boolean

/** The CEL rules of our kinds in code, by name: one contract suite holds both to the same answers. */
const CHECKS: Readonly<Record<RepairRule, Check>> = {
  'status-stays': (self, old) => old.status === undefined || self.status !== undefined,
  'status-not-before-creator': ({ spec, status }) =>
    status === undefined || Number(recordOf(status).epoch) >= Number(recordOf(spec).epoch),
  'order-is-of-its-machine': ({ spec, status }) => {
    const { instance } = recordOf(spec)
    const { attempts, replacement } = recordOf(status)
    const own = [idOf(instance), idOf(recordOf(replacement).instance)]
    return (
      instance === undefined ||
      listOf(attempts).every((each) => own.includes(idOf(recordOf(recordOf(each).order).instance)))
    )
  },
  'spec-stays': (self, old) => isDeepStrictEqual(self, old),
  'epoch-never-falls': (self, old) => Number(self.epoch) >= Number(old.epoch),
  'finished-repair-stays': (self, old) => !isOneOf(old.phase, FINISHED_PHASES) || isDeepStrictEqual(self, old),
  'attempts-only-grow': (self, old) => {
    const ids = new Set(listOf(self.attempts).map((attempt) => recordOf(attempt).id))
    return listOf(old.attempts).every((attempt) => ids.has(recordOf(attempt).id))
  },
  'finished-attempt-stays': (self, old) => !isOneOf(old.state, FINISHED_ATTEMPTS) || isDeepStrictEqual(self, old),
}

function idOf(instance: unknown): unknown {
  return recordOf(instance).id
}

/** CEL text -> its function. Throws when a rule has none, so that no rule is ever passed over. */
export function checksOf(
  rules: readonly CelRule[],
  checks: Readonly<Record<string, Check>> = CHECKS,
): ReadonlyMap<unknown, Check> {
  return new Map(
    rules.map(({ name, rule }) => {
      const check = checks[name]
      if (check === undefined) throw new Error(`embedded API: rule ${name}: has no function here`)
      return [rule, check]
    }),
  )
}

const KNOWN = checksOf(NODE_REPAIR.rules)

/**
 * What the rules in the schema of a CRD say against a sound object. A rule that compares with `oldSelf` is tried only
 * where something stood before; in a list only where its items have keys.
 */
export function ruleFaults(before: unknown, after: unknown, schema: unknown, field = ''): readonly Fault[] {
  const wants = recordOf(schema)
  if (after === undefined) return []
  const broken = listOf(wants['x-kubernetes-validations'])
    .map(recordOf)
    .filter(({ rule }) => before !== undefined || !String(rule).includes('oldSelf'))
    .filter(({ rule }) => KNOWN.get(rule)?.(recordOf(after), recordOf(before)) !== true)
    .map(({ message }) => ({ field, message: `Invalid value: "object": ${message}` }))
  return [...broken, ...faultsBelow(before, after, wants, field)]
}

function faultsBelow(before: unknown, after: unknown, wants: Fields, field: string): readonly Fault[] {
  if (Array.isArray(after)) {
    const keys = listOf(wants['x-kubernetes-list-map-keys']).map(String)
    const idOf = (item: unknown): string => JSON.stringify(keys.map((key) => recordOf(item)[key]))
    const old = new Map(keys.length === 0 ? [] : listOf(before).map((item) => [idOf(item), item]))
    return after.flatMap((item, index) => ruleFaults(old.get(idOf(item)), item, wants.items, `${field}[${index}]`))
  }
  if (!isRecord(after)) return []
  return Object.entries(recordOf(wants.properties)).flatMap(([key, schema]) =>
    ruleFaults(recordOf(before)[key], after[key], schema, field === '' ? key : `${field}.${key}`),
  )
}

function isOneOf(value: unknown, allowed: readonly string[]): boolean {
  return typeof value === 'string' && allowed.includes(value)
}

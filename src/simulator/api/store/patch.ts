import { isDeepStrictEqual } from 'node:util'
import { isRecord, listOf, recordOf } from '../../../lib/pure/json.ts'
import { badRequest } from './errors.ts'
import type { Fields } from './objects.ts'

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const result: Record<string, unknown> = { ...recordOf(target) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** Lists that strategic merge joins by a key, by the name of their field. All others are replaced, `taints` too. */
const STRATEGIC_KEYS: Readonly<Record<string, string>> = {
  conditions: 'type',
  addresses: 'type',
  ownerReferences: 'uid',
  containers: 'name',
}
/** The same for apply patches, where a CRD's list-maps count as well. */
const APPLY_KEYS: Readonly<Record<string, string>> = { ...STRATEGIC_KEYS, attempts: 'id' }

export function strategicPatch(target: unknown, patch: unknown): unknown {
  return keyedMerge(target, patch, STRATEGIC_KEYS)
}

/** Joins what is given to what is there. Who owns which field is not kept, so nothing is removed by leaving it out. */
export function applyPatch(target: unknown, patch: unknown): unknown {
  return keyedMerge(target, patch, APPLY_KEYS)
}

function keyedMerge(target: unknown, patch: unknown, keys: Readonly<Record<string, string>>): unknown {
  if (!isRecord(patch)) return patch
  if (patch.$patch === 'replace') return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== '$patch'))
  const result: Record<string, unknown> = { ...recordOf(target) }
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const field = key.slice(key.indexOf('/') + 1)
      result[field] = listOf(result[field]).filter((each) => !listOf(value).includes(each))
    } else if (key.startsWith('$')) continue
    else if (value === null) delete result[key]
    else if (Array.isArray(value) && key === 'finalizers')
      result[key] = [...new Set([...listOf(result[key]), ...value])]
    else if (Array.isArray(value) && keys[key] !== undefined)
      result[key] = mergeList(result[key], value, keys[key], keys)
    else result[key] = keyedMerge(result[key], value, keys)
  }
  return result
}

function mergeList(
  target: unknown,
  patch: readonly unknown[],
  key: string,
  keys: Readonly<Record<string, string>>,
): readonly unknown[] {
  const result = [...listOf(target)]
  for (const item of patch) {
    const id = recordOf(item)[key]
    const index = result.findIndex((each) => recordOf(each)[key] === id)
    if (recordOf(item).$patch === 'delete') {
      if (index >= 0) result.splice(index, 1)
    } else if (index >= 0) result[index] = keyedMerge(result[index], item, keys)
    else result.push(item)
  }
  return result
}

/** RFC 6902. Throws `JsonPatchError` when an operation does not fit the document. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json patch: not a list of operations')
  let document: unknown = target
  for (const operation of patch.map(recordOf)) {
    const path = pointer(operation.path)
    switch (operation.op) {
      case 'add':
        document = edit(document, path, 'add', operation.value)
        break
      case 'replace':
        document = edit(document, path, 'replace', operation.value)
        break
      case 'remove':
        document = edit(document, path, 'remove', undefined)
        break
      case 'test':
        if (!isDeepStrictEqual(read(document, path) ?? null, operation.value ?? null)) {
          throw new JsonPatchError(`testing value ${String(operation.path)} failed`)
        }
        break
      case 'move':
      case 'copy': {
        const from = pointer(operation.from)
        const value = read(document, from)
        if (operation.op === 'move') document = edit(document, from, 'remove', undefined)
        document = edit(document, path, 'add', value)
        break
      }
      default:
        throw badRequest(`json patch: unknown operation "${String(operation.op)}"`)
    }
  }
  return document
}

export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError'
}

function pointer(path: unknown): readonly string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) {
    throw badRequest(`json patch: "${String(path)}" is not a JSON pointer`)
  }
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(document: unknown, path: readonly string[]): unknown {
  let value = document
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)]
    else value = recordOf(value)[part]
  }
  return value
}

function edit(document: unknown, path: readonly string[], op: 'add' | 'replace' | 'remove', value: unknown): unknown {
  const [part, ...rest] = path
  if (part === undefined) return value
  if (Array.isArray(document)) return editList(document, part, rest, op, value)
  if (!isRecord(document)) throw new JsonPatchError(`missing path: "${part}" has no parent`)
  const result: Record<string, unknown> = { ...document }
  if (rest.length > 0) {
    if (!(part in document)) throw new JsonPatchError(`missing path: "${part}"`)
    result[part] = edit(document[part], rest, op, value)
  } else if (op === 'add') result[part] = value
  else {
    if (!(part in document)) throw new JsonPatchError(`${op} operation does not apply: "${part}" is missing`)
    if (op === 'remove') delete result[part]
    else result[part] = value
  }
  return result
}

function editList(
  list: readonly unknown[],
  part: string,
  rest: readonly string[],
  op: 'add' | 'replace' | 'remove',
  value: unknown,
): readonly unknown[] {
  const index = part === '-' ? list.length : Number(part)
  const limit = op === 'add' && rest.length === 0 ? list.length : list.length - 1
  if (!Number.isInteger(index) || index < 0 || index > limit) throw new JsonPatchError(`no index "${part}" in the list`)
  if (rest.length > 0) return list.with(index, edit(list[index], rest, op, value))
  if (op === 'add') return list.toSpliced(index, 0, value)
  return op === 'remove' ? list.toSpliced(index, 1) : list.with(index, value)
}

/** The values of a patch that name the object it is meant for. */
export function metadataOf(patch: unknown): Fields {
  return recordOf(recordOf(patch).metadata)
}

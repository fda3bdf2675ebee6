import { listOf, recordOf, textOf, textOrEmpty } from '../../lib/pure/json.ts'
import { ageOf, rfc3339 } from '../../lib/pure/rfc3339.ts'
import type { Fields } from './store/objects.ts'

/** A column that `kubectl get` shows. Priority above 0: with `-o wide` only. */
interface Column {
  readonly name: string
  readonly type: string
  readonly priority: number
  readonly cell: (object: Fields, now: number) => unknown
}

const AGE = column('Age', (object, now) => age(recordOf(object.metadata).creationTimestamp, now))
const NAME: Column = { ...column('Name', (object) => recordOf(object.metadata).name), type: 'string' }

const BUILTIN: Readonly<Record<string, readonly Column[]>> = {
  nodes: [
    NAME,
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    AGE,
    column('Version', ({ status }) => recordOf(recordOf(status).nodeInfo).kubeletVersion ?? ''),
  ],
  pods: [NAME, column('Status', ({ status }) => recordOf(status).phase ?? ''), AGE, column('Node', podNode, 1)],
  events: [
    column('Last Seen', (event, now) => age(event.lastTimestamp ?? event.eventTime, now)),
    column('Type', ({ type }) => type ?? ''),
    column('Reason', ({ reason }) => reason ?? ''),
    column('Object', ({ involvedObject }) => {
      const { kind, name } = recordOf(involvedObject)
      return `${textOrEmpty(kind).toLowerCase()}/${textOrEmpty(name)}`
    }),
    column('Message', ({ message }) => message ?? ''),
  ],
}

/**
 * An object or a list as the table that `kubectl get` asks for. `columns`: a CRD's own. `includeObject`: `None`,
 * `Metadata` (the default) or `Object`. `now`: calendar ms.
 */
export function tableOf(
  answer: Fields,
  plural: string,
  columns: readonly Fields[],
  includeObject: string | null,
  now: number,
): object {
  const shown = BUILTIN[plural] ?? [NAME, ...(columns.length === 0 ? [AGE] : columns.map(customColumn))]
  const objects = Array.isArray(answer.items) ? answer.items.map(recordOf) : [answer]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: Array.isArray(answer.items) ? answer.metadata : {},
    columnDefinitions: shown.map(({ name, type, priority }) => {
      return { name, type, priority, format: name === 'Name' ? 'name' : '', description: '' }
    }),
    rows: objects.map((object) => {
      return { cells: shown.map(({ cell }) => cell(object, now)), ...objectOf(object, includeObject) }
    }),
  }
}

function column(name: string, cell: Column['cell'], priority = 0): Column {
  return { name, type: 'string', priority, cell }
}

function customColumn(column: Fields): Column {
  const path = textOrEmpty(column.jsonPath)
  const isDate = column.type === 'date'
  return {
    name: textOrEmpty(column.name),
    type: isDate ? 'string' : textOrEmpty(column.type),
    priority: Number(column.priority ?? 0),
    cell: (object, now) => (isDate ? age(valueAt(object, path), now) : (valueAt(object, path) ?? null)),
  }
}

/** `.status.attempts[-1:].id`: names, and the last of a list. */
function valueAt(object: Fields, path: string): unknown {
  let at: unknown = object
  for (const step of path.split('.').filter((part) => part !== '')) {
    const isLast = step.endsWith('[-1:]')
    const value = recordOf(at)[isLast ? step.slice(0, -5) : step]
    at = isLast ? listOf(value).at(-1) : value
  }
  return at
}

function age(time: unknown, now: number): string {
  const text = textOf(time)
  return text === undefined ? '<unknown>' : ageOf(text, rfc3339(now))
}

function nodeStatus({ spec, status }: Fields): string {
  const ready = listOf(recordOf(status).conditions)
    .map(recordOf)
    .find(({ type }) => type === 'Ready')
  const told = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return recordOf(spec).unschedulable === true ? `${told},SchedulingDisabled` : told
}

function nodeRoles({ metadata }: Fields): string {
  const prefix = 'node-role.kubernetes.io/'
  const labels = Object.keys(recordOf(recordOf(metadata).labels))
  const roles = labels.filter((label) => label.startsWith(prefix)).map((label) => label.slice(prefix.length))
  return roles.length === 0 ? '<none>' : roles.sort().join(',')
}

function podNode({ spec }: Fields): unknown {
  return recordOf(spec).nodeName ?? '<none>'
}

function objectOf(object: Fields, include: string | null): object {
  if (include === 'None') return {}
  if (include === 'Object') return { object }
  return { object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata } }
}

import { recordAt, textOf } from '../../lib/pure/json.ts'
import { statusError } from '../client/answer-error.ts'
import { KubeError } from '../client/http.ts'

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: unknown
  readonly resourceVersion: string
}

/** One line of a watch. An ERROR event, or no event at all, throws KubeError. */
export function parseEvent(path: string, line: Buffer): WatchEvent {
  const { type, object } = recordAt({ event: parseBytes(path, line) }, 'event')
  if (type === 'ERROR') throw statusError(path, object)
  const resourceVersion = textOf(recordAt(object, 'metadata').resourceVersion)
  const known = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK'
  if (!known || resourceVersion === undefined)
    throw new KubeError(200, 'BadAnswer', `kube: WATCH ${path}: a line that is no event`)
  return { type, object, resourceVersion }
}

/** JSON.parse, but what it throws is a KubeError that quotes nothing: a ConfigMap may hold more than it should. */
export function parseBytes(path: string, json: Buffer): unknown {
  return orBadAnswer(path, () => JSON.parse(json.toString('utf8')))
}

export function orBadAnswer<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    throw new KubeError(200, 'BadAnswer', `kube: GET ${path}: the answer is not JSON, or was cut short`)
  }
}

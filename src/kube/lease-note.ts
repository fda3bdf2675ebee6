import { recordAt, textOf } from '../lib/pure/json.ts'
import type { LeaseApi, LeaseRecord } from './lease.ts'

/**
 * A Lease that also carries an annotation. `exchange` hears what it says with each answer, and says what it shall say
 * with each PUT: it costs no request and no right beside the election's. A new Lease gets it at its first renewal.
 */
export function withNote(
  api: LeaseApi,
  annotation: string,
  exchange: (stored: string | undefined) => string | undefined,
): LeaseApi {
  const annotationsOf = ({ metadata }: LeaseRecord): Readonly<Record<string, unknown>> =>
    recordAt(metadata, 'annotations')
  const next = (record: LeaseRecord): string | undefined => exchange(textOf(annotationsOf(record)[annotation]))
  return {
    ...api,
    async get(signal) {
      const record = await api.get(signal)
      if (record !== undefined) next(record)
      return record
    },
    update(fields, at, signal) {
      const note = next(at)
      if (note === undefined) return api.update(fields, at, signal)
      const annotations = { ...annotationsOf(at), [annotation]: note }
      return api.update(fields, { ...at, metadata: { ...at.metadata, annotations } }, signal)
    },
  }
}

import type { Epoched } from '../../core/model/fenced.ts'
import type { Json } from '../../core/model/primitives.ts'
import { recordAt, textOf } from '../../lib/pure/json.ts'
import { hasStatus, orGone } from '../client/answers.ts'
import type { KubeHttp, KubeRequest } from '../client/http.ts'
import { listPages } from '../client/pages.ts'
import { apiVersionOf, type Definition, PROBE_GENERATE_NAME, pathOf } from '../crd/definition.ts'
import { collectionPath, isProbeKey, keyOf, objectPath, PROBE_NAMESPACE } from './keys.ts'
import { storedSpec, storedStatus } from './stored.ts'

export interface LedgerVerdict {
  readonly usable: boolean
  /** `Ok`, `CrdMissing`, `CrdRefuses` (a full object), `CrdPrunes` (fields of it) or `CrdDoesNotFence` (a stale write passes). */
  readonly reason: string
}

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
  readonly spec?: Json
  readonly status?: Json
}

type Send = (request: KubeRequest) => Promise<Stored>

/**
 * Writes a scratch object of the kind that uses every field, then tries every forbidden change on it, dry-run: each must
 * be refused. The scratch object is removed before this returns; what a crash has left is removed by the next probe.
 * Throws when the API server could not be asked. Why so: docs/decisions/0002-ledger-probe.md.
 */
export async function probeStore<Spec extends Epoched, Status extends Epoched>(
  http: KubeHttp,
  definition: Definition<Spec, Status>,
  signal: AbortSignal,
): Promise<LedgerVerdict> {
  const send: Send = async (request) => (await http.request(request, signal)) as Stored
  const remove = (path: string): Promise<unknown> => orGone(send({ method: 'DELETE', path }))
  const place = definition.scope === 'Cluster' ? {} : { namespace: PROBE_NAMESPACE }
  const keyIn = (name: string): string => keyOf(definition, { name, ...place }) ?? name
  const body = { ...identityOf(definition), metadata: { generateName: PROBE_GENERATE_NAME, ...place } }

  let created: Stored
  try {
    for (const key of await leftovers(http, definition, signal)) await remove(objectPath(definition, key))
    const spec = storedSpec(definition, definition.probe.spec)
    const path = collectionPath(definition, keyIn(PROBE_GENERATE_NAME))
    created = await send({ method: 'POST', path, body: { ...body, spec } })
  } catch (thrown) {
    if (hasStatus(thrown, [404])) return { usable: false, reason: 'CrdMissing' }
    if (hasStatus(thrown, [400, 422])) return { usable: false, reason: 'CrdRefuses' }
    throw thrown
  }
  const path = objectPath(definition, keyIn(created.metadata.name))
  try {
    return await tryAll(send, definition, created, path)
  } catch (thrown) {
    if (hasStatus(thrown, [400, 422])) return { usable: false, reason: 'CrdRefuses' }
    const isThere = hasStatus(thrown, [404]) && (await orGone(send({ method: 'GET', path }))) !== undefined
    if (isThere) return DOES_NOT_FENCE // no status subresource
    throw thrown
  } finally {
    await remove(path)
  }
}

async function leftovers(http: KubeHttp, definition: Definition, signal: AbortSignal): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const item of listPages(http, pathOf(definition), {}, signal)) {
    const { name, namespace } = recordAt(item, 'metadata')
    const key = keyOf(definition, { name: textOf(name) ?? '', namespace: textOf(namespace) })
    if (key !== undefined && isProbeKey(key)) keys.push(key)
  }
  return keys
}

async function tryAll<Spec extends Epoched, Status extends Epoched>(
  send: Send,
  definition: Definition<Spec, Status>,
  created: Stored,
  path: string,
): Promise<LedgerVerdict> {
  const { probe } = definition
  const stored = (status: Status): object => storedStatus(definition, status)
  const put = (current: Stored, status: object | undefined, query: { dryRun?: string }): Promise<Stored> => {
    const body = { ...identityOf(definition), ...current, status }
    return send({ method: 'PUT', path: `${path}/status`, body, query: { ...query } })
  }
  const isRefused = async (trial: Promise<Stored>): Promise<boolean> => {
    try {
      await trial
      return false
    } catch (thrown) {
      if (hasStatus(thrown, [422])) return true
      throw thrown
    }
  }

  const open = await put(created, stored(probe.open), {})
  if (!isWithin(storedSpec(definition, probe.spec), open.spec) || !isWithin(stored(probe.open), open.status)) {
    return { usable: false, reason: 'CrdPrunes' }
  }
  const stale = [
    stored({ ...probe.open, epoch: probe.open.epoch - 1 }),
    { ...stored(probe.open), epoch: undefined },
    undefined,
    ...probe.refused.map(stored),
  ]
  for (const status of stale) if (!(await isRefused(put(open, status, DRY_RUN)))) return DOES_NOT_FENCE

  const patch = {
    body: { spec: probe.specChange },
    contentType: 'application/merge-patch+json',
    query: DRY_RUN,
  } as const
  if (!(await isRefused(send({ method: 'PATCH', path, ...patch })))) return DOES_NOT_FENCE

  const done = await put(open, stored(probe.finished), {})
  return (await isRefused(put(done, stored(probe.reopened), DRY_RUN))) ? { usable: true, reason: 'Ok' } : DOES_NOT_FENCE
}

function identityOf(definition: Definition): object {
  return { apiVersion: apiVersionOf(definition), kind: definition.kind }
}

/** Whether everything sent came back. More may have come: defaults of a newer CRD do no harm. */
function isWithin(sent: unknown, stored: unknown): boolean {
  if (sent === undefined) return true
  if (typeof sent !== 'object' || sent === null || typeof stored !== 'object' || stored === null) return sent === stored
  const there = stored as Readonly<Record<string, unknown>>
  return Object.entries(sent).every(([key, value]) => isWithin(value, there[key]))
}

const DRY_RUN = { dryRun: 'All' }
const DOES_NOT_FENCE: LedgerVerdict = { usable: false, reason: 'CrdDoesNotFence' }

import type { InstanceRef } from '../../core/model/instance.ts'
import type { NodeRepairSpec, NodeRepairStatus } from '../../core/model/node-repair.ts'
import type { Order } from '../../core/model/order.ts'
import type { Json } from '../../core/model/primitives.ts'
import { hasStatus, orGone } from '../client/answers.ts'
import type { KubeHttp, KubeRequest } from '../client/http.ts'
import { PROBE_NAME, REPAIR_API_VERSION, REPAIR_KIND, storedSpec, storedStatus } from './repair-schema.ts'

export interface LedgerVerdict {
  readonly usable: boolean
  /** `Ok`, `CrdMissing`, `CrdRefuses` (a full object), `CrdPrunes` (fields of it) or `CrdDoesNotFence` (a stale write passes). */
  readonly reason: string
}

interface Stored {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string }
  readonly spec?: Json
  readonly status?: Json
}

/**
 * Writes a scratch NodeRepair that uses every field, then tries every forbidden change on it, dry-run: each must be
 * refused. The scratch object is removed before this returns; one left by a crash is removed by the next probe.
 * Throws when the API server could not be asked. Why so: docs/decisions/0002-ledger-probe.md.
 */
export async function probeLedger(http: KubeHttp, repairsPath: string, signal: AbortSignal): Promise<LedgerVerdict> {
  const path = `${repairsPath}/${PROBE_NAME}`
  const send = async (request: KubeRequest): Promise<Stored> => (await http.request(request, signal)) as Stored
  const body = { apiVersion: REPAIR_API_VERSION, kind: REPAIR_KIND, metadata: { name: PROBE_NAME } }
  const remove = (): Promise<unknown> => orGone(send({ method: 'DELETE', path }))

  await remove()
  let created: Stored
  try {
    created = await send({ method: 'POST', path: repairsPath, body: { ...body, spec: storedSpec(SPEC) } })
  } catch (thrown) {
    if (hasStatus(thrown, [404])) return { usable: false, reason: 'CrdMissing' }
    if (hasStatus(thrown, [400, 422])) return { usable: false, reason: 'CrdRefuses' }
    throw thrown
  }
  try {
    return await tryAll(send, path, created)
  } catch (thrown) {
    if (hasStatus(thrown, [400, 422])) return { usable: false, reason: 'CrdRefuses' }
    const isThere = hasStatus(thrown, [404]) && (await orGone(send({ method: 'GET', path }))) !== undefined
    if (isThere) return DOES_NOT_FENCE // no status subresource
    throw thrown
  } finally {
    await remove()
  }
}

async function tryAll(
  send: (request: KubeRequest) => Promise<Stored>,
  path: string,
  created: Stored,
): Promise<LedgerVerdict> {
  const put = (current: Stored, status: object | undefined, query: { dryRun?: string }): Promise<Stored> => {
    const body = { apiVersion: REPAIR_API_VERSION, kind: REPAIR_KIND, ...current, status }
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

  const open = await put(created, storedStatus(OPEN), {})
  if (!isWithin(storedSpec(SPEC), open.spec) || !isWithin(storedStatus(OPEN), open.status)) {
    return { usable: false, reason: 'CrdPrunes' }
  }
  const [first, ...others] = OPEN.attempts
  const rewritten = first === undefined ? others : [{ ...first, state: 'Issued' as const }, ...others]
  const stale = [
    storedStatus({ ...OPEN, epoch: OPEN.epoch - 1 }),
    { ...storedStatus(OPEN), epoch: undefined },
    undefined,
    storedStatus({ ...OPEN, attempts: others }),
    storedStatus({ ...OPEN, attempts: rewritten }),
  ]
  for (const status of stale) if (!(await isRefused(put(open, status, DRY_RUN)))) return DOES_NOT_FENCE

  const patch = {
    body: { spec: { pool: 'other' } },
    contentType: 'application/merge-patch+json',
    query: DRY_RUN,
  } as const
  if (!(await isRefused(send({ method: 'PATCH', path, ...patch })))) return DOES_NOT_FENCE

  const finished = { ...OPEN, epoch: OPEN.epoch + 1, phase: 'Succeeded' as const }
  const done = await put(open, storedStatus(finished), {})
  const reopened = storedStatus({ ...finished, phase: 'Pending' })
  return (await isRefused(put(done, reopened, DRY_RUN))) ? { usable: true, reason: 'Ok' } : DOES_NOT_FENCE
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
const TEXT = 'scratch object of the ledger probe'
const TIME = '2000-01-01T00:00:00Z'
const INSTANCE: Required<InstanceRef> = { id: 'probe', name: 'probe', group: 'probe' }

const SPEC: Required<NodeRepairSpec> = {
  nodeName: 'heald-probe',
  nodeUID: 'probe',
  instance: INSTANCE,
  provider: 'probe',
  role: 'worker',
  pool: 'probe',
  zone: 'probe',
  evidence: [
    { check: 'Probe', plane: 'probe', symptom: 'Probe', reason: 'Probe', message: TEXT, failingForSeconds: 1.5 },
  ],
  policyHash: 'probe',
  epoch: 1,
}

const ORDER: Required<Order> = {
  rung: 'reboot-hard',
  repair: PROBE_NAME,
  nodeName: 'heald-probe',
  nodeUID: 'probe',
  instance: INSTANCE,
  bootID: 'probe',
  bootMark: 'probe',
  count: 1,
  key: `${PROBE_NAME}-1`,
}

const OPEN: Required<NodeRepairStatus> = {
  phase: 'Verifying',
  epoch: 2,
  rung: 'replace',
  reason: 'Probe',
  message: TEXT,
  attempts: [
    {
      ...{ id: 1, rung: 'reboot-hard', state: 'Failed', order: ORDER, cursor: { step: 1 } },
      ...{ issuedAt: TIME, finishedAt: TIME, reason: 'Probe', message: TEXT },
    },
    { id: 2, rung: 'replace', state: 'Confirmed', order: { ...ORDER, rung: 'replace' }, issuedAt: TIME },
  ],
  skipped: [{ rung: 'start', reason: 'Probe' }],
  holds: [{ gate: 'Probe', reason: 'Probe', message: TEXT }],
  nodeUID: 'probe',
  replacement: { instance: INSTANCE, nodeName: 'heald-probe' },
  cordon: 'ours',
  drained: 'Drained',
  startedAt: TIME,
  finishedAt: TIME,
}

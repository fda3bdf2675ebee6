import type { Test } from 'tap'
import type { NodeRepair, NodeRepairStatus } from '../../src/core/model/node-repair.ts'
import type { KubeError, KubeHttp } from '../../src/kube/client/http.ts'
import { createLedger, REPAIRS_PATH } from '../../src/kube/store/repairs.ts'
import { attempt, spec, status, storedStatus } from '../support/kube/repairs.ts'

const MERGE = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'
const APPLY = 'application/apply-patch+yaml'
const APPLY_QUERY = { fieldManager: 'stale', force: true }
const { signal } = new AbortController()

interface Trial {
  readonly how: string
  readonly method: 'PUT' | 'PATCH'
  readonly contentType?: typeof MERGE | typeof JSON_PATCH | typeof APPLY
  readonly query?: Record<string, string | boolean>
  readonly body: object
}

/**
 * What every API that stores NodeRepairs must refuse, tried by every way in. Of a `real` one also that the very rule of
 * the CRD is what refused, and what depends on who owns a field: the embedded one does not track that.
 */
export async function nodeRepairRules(t: Test, http: KubeHttp, options: { real: boolean }): Promise<void> {
  const ledger = createLedger({ http })
  let made = 0

  async function stored(initial: NodeRepairStatus | undefined): Promise<NodeRepair> {
    const repair = await ledger.create(`rules-${++made}`, spec(), signal)
    return initial === undefined ? repair : ledger.writeStatus(repair, initial, signal)
  }

  const send = (repair: NodeRepair, where: string, trial: Trial): Promise<unknown> => {
    const { method, contentType = 'application/json', query = {}, body } = trial
    return http.request({ method, path: `${REPAIRS_PATH}/${repair.name}${where}`, contentType, query, body }, signal)
  }

  async function refused(
    t: Test,
    repair: NodeRepair,
    { where = '/status', because, trials }: { where?: string; because: RegExp; trials: readonly Trial[] },
  ): Promise<void> {
    const before = await http.request({ method: 'GET', path: `${REPAIRS_PATH}/${repair.name}` }, signal)
    for (const trial of trials) {
      const error = await send(repair, where, trial).then(
        () => undefined,
        (thrown: KubeError) => thrown,
      )
      t.equal(error?.status, 422, trial.how)
      if (options.real) t.match(error?.message, because, trial.how)
    }
    t.same(await http.request({ method: 'GET', path: `${REPAIRS_PATH}/${repair.name}` }, signal), before)
  }

  /** One change of the status, by all four ways. */
  function everyWay(repair: NodeRepair, wanted: object, change: object): Trial[] {
    const { metadata, whole } = identity(repair)
    const replacements = Object.entries(change).map(([key, value]) => ({
      op: 'replace',
      path: `/status/${key}`,
      value,
    }))
    return [
      put('PUT', { ...whole, metadata, spec: repair.spec, status: wanted }),
      merge('merge patch', { status: change }),
      jsonPatch('JSON patch', replacements),
      apply('apply patch', { ...whole, metadata: { name: repair.name }, status: wanted }),
    ]
  }

  t.test('the epoch never goes down', async (t) => {
    const repair = await stored(status({ epoch: 5 }))
    const lower = storedStatus(status({ epoch: 4 }))
    await refused(t, repair, { because: /epoch never goes down/, trials: everyWay(repair, lower, { epoch: 4 }) })
  })

  t.test('the epoch cannot be removed, neither by leaving it out nor by null', async (t) => {
    const repair = await stored(status())
    const { metadata, whole } = identity(repair)
    const { epoch: _, ...omitted } = storedStatus(status()) as { epoch: number }
    await refused(t, repair, {
      because: /epoch: Required|epoch in body must be of type integer/,
      trials: [
        put('PUT without', { ...whole, metadata, status: omitted }),
        put('PUT null', { ...whole, metadata, status: { ...omitted, epoch: null } }),
        merge('merge null', { status: { epoch: null } }),
        {
          how: 'JSON remove',
          method: 'PATCH',
          contentType: JSON_PATCH,
          body: [{ op: 'remove', path: '/status/epoch' }],
        },
        jsonPatch('JSON null', [{ op: 'replace', path: '/status/epoch', value: null }]),
        apply('apply null', { ...whole, metadata: { name: repair.name }, status: { ...omitted, epoch: null } }),
      ],
    })
  })

  if (options.real) {
    t.test('an applier that owned the epoch cannot drop it by no longer applying it', async (t) => {
      const repair = await stored(undefined)
      const { whole } = identity(repair)
      const applied = { ...whole, metadata: { name: repair.name } }
      const apply = { how: 'apply', method: 'PATCH', contentType: APPLY, query: APPLY_QUERY } as const
      await send(repair, '/status', { ...apply, body: { ...applied, status: storedStatus(status()) } })
      const { epoch: _, ...omitted } = storedStatus(status()) as { epoch: number }
      await refused(t, repair, {
        because: /epoch: Required|status can't be removed/,
        trials: [
          { ...apply, how: 'apply without', body: { ...applied, status: omitted } },
          { ...apply, how: 'apply no status', body: applied },
        ],
      })
    })
  }

  t.test(
    'a patch that leaves the epoch out inherits it, so only its resourceVersion can stop it: heald never patches a status',
    async (t) => {
      const old = await stored(status({ epoch: 5 }))
      await ledger.writeStatus(old, status({ epoch: 6 }), signal)
      const { resourceVersion } = old
      const late = { how: 'late', method: 'PATCH', contentType: MERGE } as const
      const body = { metadata: { resourceVersion }, status: { message: 'late' } }
      t.equal(await statusOf(send(old, '/status', { ...late, body })), 409)
      const json = [{ op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }]
      t.equal(await statusOf(send(old, '/status', { ...late, contentType: JSON_PATCH, body: json })), 422)
      const inherited = await send(old, '/status', { ...late, body: { status: { message: 'late' } } })
      t.match(inherited, { status: { epoch: 6, message: 'late' } })
    },
  )

  t.test('a status once set cannot be removed', async (t) => {
    const repair = await stored(status())
    const { metadata, whole } = identity(repair)
    await refused(t, repair, {
      because: /status can't be removed|status.phase: Required/,
      trials: [
        put('PUT without', { ...whole, metadata, spec: repair.spec }),
        put('PUT null', { ...whole, metadata, spec: repair.spec, status: null }),
        put('PUT empty', { ...whole, metadata, spec: repair.spec, status: {} }),
        merge('merge null', { status: null }),
        jsonPatch('JSON remove', [{ op: 'remove', path: '/status' }]),
      ],
    })
  })

  for (const phase of ['Succeeded', 'Cancelled'] as const) {
    t.test(`a repair that is ${phase} never changes, not even its epoch`, async (t) => {
      const held = await ledger.setFinalizer(await stored(status({ phase })), true, signal)
      const repair = held as NodeRepair
      await refused(t, repair, {
        because: /a finished repair never changes/,
        trials: [
          ...everyWay(repair, storedStatus(status({ phase: 'Pending' })), { phase: 'Pending' }),
          ...everyWay(repair, storedStatus(status({ phase, epoch: 6 })), { epoch: 6 }),
          ...everyWay(repair, storedStatus(status({ phase, message: 'other' })), { message: 'other' }),
          merge('merge null', { status: { finishedAt: null } }),
        ],
      })
      // What changes nothing may pass, and metadata may always change: the finalizer has to go.
      const same = await ledger.writeStatus(repair, status({ phase }), signal)
      t.match(same, { status: { phase } })
      t.match(await ledger.setFinalizer(same, false, signal), { finalizers: [] })
    })
  }

  for (const state of ['NotSent', 'Verified', 'Failed'] as const) {
    t.test(`an attempt that is ${state} never changes while later ones do`, async (t) => {
      const finished = attempt(1, { state })
      const repair = await stored(status({ attempts: [finished, attempt(2)] }))
      for (const change of [{ state: 'Issued' }, { message: 'other' }, { cursor: 'x' }, { rung: 'replace' }] as const) {
        const wanted = storedStatus(status({ attempts: [{ ...finished, ...change }, attempt(2)] }))
        const { attempts } = wanted as { attempts: object[] }
        await refused(t, repair, { because: /finished attempt never/, trials: everyWay(repair, wanted, { attempts }) })
      }
      await refused(t, repair, {
        because: /a finished attempt never changes/,
        trials: [jsonPatch('JSON remove inside', [{ op: 'remove', path: '/status/attempts/0/order/bootID' }])],
      })
      const next = { attempts: [finished, attempt(2, { state: 'Verified' }), attempt(3)] }
      t.match(await ledger.writeStatus(repair, status(next), signal), { status: next })
    })
  }

  t.test('attempts only grow', async (t) => {
    const repair = await stored(status({ attempts: [attempt(1), attempt(2)] }))
    for (const kept of [[attempt(2)], [attempt(1)], [], [attempt(1), attempt(3)]]) {
      const wanted = storedStatus(status({ attempts: kept }))
      const { attempts } = wanted as { attempts: object[] }
      // An apply by another manager cannot remove what it does not own: nothing would change.
      const trials = everyWay(repair, wanted, { attempts }).filter(({ how }) => how !== 'apply patch')
      await refused(t, repair, { because: /attempts only grow/, trials })
    }
    await refused(t, repair, {
      because: /attempts only grow|attempts: Required/,
      trials: [
        merge('merge null', { status: { attempts: null } }),
        jsonPatch('JSON', [{ op: 'remove', path: '/status/attempts/0' }]),
        {
          how: 'JSON all',
          method: 'PATCH',
          contentType: JSON_PATCH,
          body: [{ op: 'remove', path: '/status/attempts' }],
        },
      ],
    })
  })

  t.test('no two attempts have one number, and there are never more than 16', async (t) => {
    const repair = await stored(status())
    const many = Array.from({ length: 17 }, (_, i) => attempt(i + 1, { state: i === 0 ? 'Failed' : 'Issued' }))
    const twice = [...status().attempts, attempt(2)]
    await t.rejects(ledger.writeStatus(repair, status({ attempts: many }), signal), { name: 'LedgerConflictError' })
    await t.rejects(ledger.writeStatus(repair, status({ attempts: twice }), signal), { name: 'LedgerConflictError' })
  })

  t.test('the spec never changes, by any way, before and after the first status', async (t) => {
    for (const repair of [
      await stored(undefined),
      await stored(status()),
      await stored(status({ phase: 'Cancelled' })),
    ]) {
      const { metadata, whole } = identity(repair)
      const other = { ...repair.spec, nodeName: 'worker-2' }
      const { zone: _, ...smaller } = repair.spec
      await refused(t, repair, {
        where: '',
        because: /spec never changes|spec: Required/,
        trials: [
          put('PUT', { ...whole, metadata, spec: other }),
          put('PUT without zone', { ...whole, metadata, spec: smaller }),
          put('PUT without spec', { ...whole, metadata }),
          put('PUT epoch', { ...whole, metadata, spec: { ...repair.spec, epoch: 4 } }),
          merge('merge', { spec: { pool: 'other' } }),
          merge('merge null', { spec: null }),
          jsonPatch('JSON', [{ op: 'remove', path: '/spec/zone' }]),
          apply('apply', { ...whole, metadata: { name: repair.name }, spec: other }),
        ],
      })
    }
  })

  t.test('the spec names its creator, and no status is older than that', async (t) => {
    const { epoch: _, ...nameless } = spec()
    const epochs = [-1, null, '3', 2_147_483_647].map((epoch) => ({ ...spec(), epoch }))
    for (const wrong of [nameless, ...epochs]) {
      const body = { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair', metadata: { name: 'nameless' }, spec: wrong }
      t.equal(await statusOf(http.request({ method: 'POST', path: REPAIRS_PATH, body }, signal)), 422)
    }
    const repair = await stored(undefined)
    // There is always room for another leader above.
    for (const epoch of [2, 1_000_000_001]) {
      await t.rejects(ledger.writeStatus(repair, status({ epoch }), signal), { name: 'LedgerConflictError' })
    }
  })

  t.test("neither way in changes what is the other one's: status by the object, spec by the status", async (t) => {
    const repair = await stored(status())
    const { metadata, whole } = identity(repair)
    const lower = { ...storedStatus(status()), epoch: 0 }
    const main = await send(repair, '', {
      how: 'PUT',
      method: 'PUT',
      body: { ...whole, metadata, spec: spec(), status: lower },
    })
    t.match(main, { status: { epoch: 5 } })
    const newer = {
      ...whole,
      metadata: (main as { metadata: object }).metadata,
      spec: {},
      status: storedStatus(status()),
    }
    t.match(await send(repair, '/status', { how: 'PUT', method: 'PUT', body: newer }), {
      spec: { nodeName: 'worker-1' },
    })
  })
}

const put = (how: string, body: object): Trial => ({ how, method: 'PUT', body })
const patch =
  (contentType: Trial['contentType'], query = {}) =>
  (how: string, body: object): Trial => ({ how, method: 'PATCH', contentType, query, body })
const merge = patch(MERGE)
const jsonPatch = patch(JSON_PATCH)
const apply = patch(APPLY, APPLY_QUERY)

async function statusOf(answer: Promise<unknown>): Promise<number> {
  return answer.then(
    () => 200,
    (thrown: KubeError) => thrown.status,
  )
}

function identity(repair: NodeRepair): { metadata: object; whole: object } {
  const { name, resourceVersion } = repair
  return { metadata: { name, resourceVersion }, whole: { apiVersion: 'heald.dev/v1alpha1', kind: 'NodeRepair' } }
}

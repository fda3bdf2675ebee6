import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Term } from '../../src/core/ports/term.ts'
import { KubeError, type KubeHttp } from '../../src/kube/client/http.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { createLeaseApi, type LeaseFields } from '../../src/kube/lease.ts'
import { runElector } from '../../src/leader/elector.ts'
import type { LeadResult } from '../../src/leader/options.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { startControlPlane } from '../lab/control-plane.ts'

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
const { signal } = new AbortController()
// A control plane, and processes that compile themselves, on whatever machine there is.
t.setTimeout(180_000)
const plane = await startControlPlane()
t.teardown(() => plane.stop())

async function connect(): Promise<KubeHttp> {
  return createTransport(await loadCredentials({ kubeconfig: plane.kubeconfig, env: {} }), systemClock)
}

const fields: LeaseFields = {
  holder: 'a',
  transitions: 3,
  renewedAt: 1_700_000_000_123,
  acquiredAt: 1_700_000_000_000,
  leaseDurationSeconds: 15,
}

async function until(what: string, holds: () => boolean, ms: number): Promise<number> {
  const from = performance.now()
  while (!holds()) {
    if (performance.now() - from > ms) throw new Error(`not within ${ms} ms: ${what}`)
    await systemClock.sleep(20, signal)
  }
  return performance.now() - from
}

t.test('a Lease is stored as client-go would store it, and read back the same', async (t) => {
  const api = createLeaseApi(await connect(), 'kube-system', 'stored')
  t.equal(await api.get(signal), undefined)
  const created = await api.create(fields, signal)
  t.equal(await api.create(fields, signal), 'conflict')
  const { spec } = await plane.must('GET', `${LEASES}/stored`)
  t.strictSame(spec, {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2023-11-14T22:13:20.000000Z',
    renewTime: '2023-11-14T22:13:20.123000Z',
    leaseTransitions: 3,
  })
  t.strictSame(await api.get(signal), created)
})

t.test('an update is accepted only at the resourceVersion it names, and leaves labels of others alone', async (t) => {
  const api = createLeaseApi(await connect(), 'kube-system', 'updated')
  const first = await api.create(fields, signal)
  if (first === 'conflict') throw new Error('setting')
  const labels = { metadata: { labels: { team: 'infra' } } }
  await plane.must('PATCH', `${LEASES}/updated`, labels, 'application/merge-patch+json')
  t.equal(await api.update(fields, first, signal), 'conflict')
  const second = await api.get(signal)
  if (second === undefined) throw new Error('setting')
  t.match(await api.update({ ...fields, holder: 'b', transitions: 4 }, second, signal), { holder: 'b', transitions: 4 })
  t.match(await plane.must('GET', `${LEASES}/updated`), { metadata: { labels: { team: 'infra' } } })
})

t.test('an update of a deleted Lease makes nothing', async (t) => {
  const api = createLeaseApi(await connect(), 'kube-system', 'deleted')
  const first = await api.create(fields, signal)
  if (first === 'conflict') throw new Error('setting')
  await plane.must('DELETE', `${LEASES}/deleted`)
  t.not(typeof (await api.update(fields, first, signal)), 'object')
  t.equal(await api.get(signal), undefined)
})

t.test('a namespace that is missing is an error, not a conflict', async (t) => {
  const api = createLeaseApi(await connect(), 'nowhere', 'heald')
  await t.rejects(api.create(fields, signal), KubeError)
})

interface Candidate {
  readonly terms: Term[]
  readonly told: string[]
  readonly leading: () => boolean
  readonly stop: () => Promise<void>
}

/** Real time, a fifth of the usual timings. */
async function candidate(lease: string, identity: string): Promise<Candidate> {
  const api = createLeaseApi(await connect(), 'kube-system', lease)
  const shutdown = new AbortController()
  const terms: Term[] = []
  const told: string[] = []
  let leading = false
  const done = runElector(
    {
      leases: [api],
      identity,
      clock: systemClock,
      timings: { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 },
      tell: (notice) => told.push(notice.reason),
      minimumEpoch: () => 0,
    },
    (term, ending) => {
      terms.push(term)
      leading = true
      return new Promise<LeadResult>((resolve) => {
        const end = (): void => {
          leading = false
          resolve(undefined)
        }
        term.signal.addEventListener('abort', end)
        ending.addEventListener('abort', end)
      })
    },
    shutdown.signal,
  )
  return {
    terms,
    told,
    leading: () => leading,
    stop: () => {
      shutdown.abort()
      return done
    },
  }
}

t.test('a clean stop is taken over at the next try, without waiting for the lease to end', async (t) => {
  const a = await candidate('stop', 'a')
  await until('a leads', a.leading, 2_000)
  const b = await candidate('stop', 'b')
  t.teardown(b.stop)
  await until('b follows', () => b.told.includes('FollowingLeader'), 2_000)
  await a.stop()
  const ms = await until('b leads', b.leading, 2_500)
  t.ok(ms < 1_000, `${Math.round(ms)} ms`)
  t.equal(b.terms[0]?.epoch, 2)
})

t.test('a deleted Lease is made anew, with a higher epoch', async (t) => {
  const a = await candidate('vanishes', 'a')
  t.teardown(a.stop)
  await until('a leads', a.leading, 2_000)
  await plane.must('DELETE', `${LEASES}/vanishes`)
  await until('a leads again', () => a.terms.length === 2 && a.leading(), 5_000)
  t.ok(a.terms[0]?.signal.aborted)
  t.equal(a.terms[1]?.epoch, 2)
  t.match(await plane.must('GET', `${LEASES}/vanishes`), { spec: { holderIdentity: 'a', leaseTransitions: 2 } })
})

t.test(
  'a leader stops by the renew deadline while the API server is down, and leads again after it is back',
  async (t) => {
    const a = await candidate('api-down', 'a')
    t.teardown(a.stop)
    await until('a leads', a.leading, 2_000)
    await plane.stopApi()
    const ms = await until('a stops', () => !a.leading(), 4_000)
    t.ok(ms < 3_000, `${Math.round(ms)} ms: sooner than anybody else may lead`)
    await plane.startApi()
    await until('a leads again', a.leading, 15_000)
    t.equal(a.terms[1]?.epoch, 2)
    t.strictSame(a.told.filter((reason) => reason === 'LeaseLost').length, 1)
  },
)

interface Line {
  readonly by: string
  readonly at: number
  readonly act?: number
  readonly tell?: string
  readonly error?: string
}

t.test(
  'a process that SIGSTOP froze for longer than the lease acts no more after SIGCONT, and says that it lost it',
  { timeout: 150_000 },
  async (t) => {
    const lines: Line[] = []
    const start = (by: string): ChildProcess => {
      const program = fileURLToPath(new URL('../support/election/elector-process.ts', import.meta.url))
      const child = spawn(process.execPath, [...process.execArgv, program, plane.kubeconfig, by], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      if (child.stdout === null) throw new Error('setting')
      createInterface({ input: child.stdout }).on('line', (line) => lines.push({ by, ...JSON.parse(line) }))
      t.teardown(() => child.kill('SIGKILL'))
      return child
    }
    const isAct = (line: Line): boolean => line.act !== undefined
    const acts = (by: string): Line[] => lines.filter((line) => line.by === by && isAct(line))
    const tellers = (reason: string): string[] => lines.filter((line) => line.tell === reason).map((line) => line.by)

    const processes = new Map(['a', 'b'].map((by) => [by, start(by)]))
    await until(
      'one leads and the other follows',
      () => tellers('FollowingLeader').length > 0 && lines.filter(isAct).length > 20,
      90_000,
    )
    const [follower = ''] = tellers('FollowingLeader')
    const leader = follower === 'a' ? 'b' : 'a'
    processes.get(leader)?.kill('SIGSTOP')
    await until('the follower acts', () => acts(follower).length > 20, 30_000)
    const woken = Date.now()
    processes.get(leader)?.kill('SIGCONT')
    await until('the woken one says so', () => tellers('LeaseLost').includes(leader), 10_000)
    await systemClock.sleep(500, signal)

    t.strictSame(
      acts(leader).filter((line) => line.at >= woken),
      [],
    )
    t.ok(acts(follower).every((line) => line.act === 2))
    t.ok(acts(leader).every((line) => line.act === 1))
    processes.get(follower)?.kill('SIGTERM')
    await until('the woken one leads once more', () => acts(leader).some((line) => line.act === 3), 2_900)
  },
)

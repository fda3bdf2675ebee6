// A trade that heald does not have, made of nothing but what every section may bring: to hold the seams to their word.
import t, { type Test } from 'tap'
import { createAdoption } from '../../src/controller/adoption.ts'
import { createRecords } from '../../src/controller/fenced-records.ts'
import type { Notice } from '../../src/core/ports/log.ts'
import type { Section } from '../../src/daemon/section.ts'
import { SECTIONS } from '../../src/daemon/sections.ts'
import { json } from '../../src/http/reply.ts'
import type { Reply } from '../../src/http/route.ts'
import { createRouter } from '../../src/http/router.ts'
import { crdOf } from '../../src/kube/crd/crd.ts'
import { createFencedStore } from '../../src/kube/store/fenced-store.ts'
import { createFencedWatch } from '../../src/kube/store/fenced-watch.ts'
import { acts, phase } from '../support/cluster/in-world.ts'
import { leader, type Replica, startReplica } from '../support/cluster/replica.ts'
import { startWorld, type World } from '../support/cluster/world.ts'
import { ERRAND, type ErrandSpec, type ErrandStatus } from '../support/kube/trial-kind.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const ERRANDS = '/apis/trial.heald.dev/v1/namespaces/default/errands'

/** Runs each errand that anybody orders, once, and notes who ran it; `ran` gets the place each time. */
function errands(ran: string[], heard: Notice[]): Section {
  return {
    name: 'errands',
    kinds: [ERRAND],
    rights: [],
    create: ({ http, clock, log, tell }) => {
      const store = createFencedStore<ErrandSpec, ErrandStatus>(http, ERRAND)
      const watch = createFencedWatch<ErrandSpec, ErrandStatus>({ http, clock, log }, ERRAND)
      const isOpen = ({ status }: { readonly status: ErrandStatus | undefined }) => status?.phase !== 'Succeeded'
      return {
        loops: [{ name: 'errands', run: watch.objects.run }],
        watched: [watch.objects],
        sinks: [{ failure: 'ErrandNotHeard', take: (notice) => void heard.push(notice) }],
        routes: [
          {
            doors: ['local'],
            routes: [
              { method: 'GET', path: '/errands', answer: () => json(200, { places: [...watch.objects.items.keys()] }) },
            ],
          },
        ],
        duties: [
          async (term, stopping) => {
            const records = createRecords(
              { store, watched: watch.objects, tell, regarding: () => [] },
              () => term.epoch,
            )
            const adoption = createAdoption<ErrandSpec, ErrandStatus>({
              ...{ term, tell, now: clock.now(), store, records, noun: 'errand', leaderCreates: false, isOpen },
              statusOf: ({ status }) => status ?? { phase: 'Pending', epoch: 0, note: '' },
              aboutOf: ({ spec }) => spec.place,
              onlyLooks: () => false,
              onHealth: () => undefined,
            })
            while (!stopping.aborted) {
              await adoption.tend(clock.now())
              for (const errand of adoption.done ? watch.objects.items.values() : []) {
                if (!isOpen(errand)) continue
                // Intended before it is run; whoever reads "gone" knows that it may have been run.
                if (errand.status?.note === 'gone') continue
                const going = await records.save(errand, { phase: 'Pending', epoch: 0, note: 'gone' }, term.signal)
                await term.renew(term.signal)
                ran.push(errand.spec.place)
                await records.save(going, { phase: 'Succeeded', epoch: 0, note: 'back' }, term.signal)
                tell({ level: 'info', reason: 'ErrandRun', message: errand.spec.place })
              }
              await clock.sleep(100, stopping).catch(() => undefined)
            }
            return 'stopped'
          },
        ],
      }
    },
  }
}

function order(world: World, name: string, epoch: number): void {
  const body = { apiVersion: 'trial.heald.dev/v1', kind: 'Errand', metadata: { name }, spec: { place: name, epoch } }
  const { code } = world.api.call('POST', ERRANDS, body)
  if (code !== 201) throw new Error(`errand ${name}: ${code}`)
}

function statusOf(world: World, name: string): ErrandStatus | undefined {
  return world.api.store.get('errands', `default/${name}`)?.status as ErrandStatus | undefined
}

async function start(t: Test) {
  const world = await startWorld()
  world.api.call('POST', DEFINITIONS, crdOf(ERRAND))
  const [ran, heard] = [[] as string[], [] as Notice[]]
  const sections = [...SECTIONS, errands(ran, heard)]
  const replicas: Replica[] = []
  for (const name of ['r0', 'r1']) replicas.push(await startReplica(world, name, undefined, undefined, sections))
  t.teardown(async () => {
    await Promise.all(replicas.filter((one) => one.alive()).map((one) => one.stop()))
    await world.close()
  })
  return { world, ran, heard, replicas, first: await leader(world, replicas) }
}

t.test('another trade runs beside the nodes: its kind, its page, its ear, its duty, under the one epoch', async (t) => {
  const { world, ran, heard, replicas, first } = await start(t)
  order(world, 'market', 1)
  world.machines.break('w0', 'runtime-dead')
  await world.until('it is run', 30_000, () => statusOf(world, 'market')?.phase === 'Succeeded')
  await world.until('w0 is repaired', 60_000, () => phase(world, 'w0') === 'Succeeded')
  t.same(ran, ['market'])
  t.same(acts(world, 'w0'), ['reboot-hard'])
  t.equal(statusOf(world, 'market')?.epoch, world.repairsOf('w0')[0]?.status?.epoch)
  t.ok(
    ['ErrandRun', 'RepairOpened'].every((reason) => heard.some((one) => one.reason === reason)),
    `it hears all: ${[...new Set(heard.map(({ reason }) => reason))].join(' ')}`,
  )
  const follower = replicas.find((one) => one !== first)!
  t.same(page(follower), { places: ['default/market'] }, 'a page of every replica')
})

t.test('the next leader takes its objects over too, and its epoch is above what stands in them', async (t) => {
  const { world, ran, replicas } = await start(t)
  order(world, 'market', 7)
  await world.until('it is run', 30_000, () => statusOf(world, 'market')?.phase === 'Succeeded')
  t.ok((statusOf(world, 'market')?.epoch ?? 0) >= 7, 'a term above whom the creator knew')
  const first = await leader(world, replicas)
  first.kill()
  order(world, 'mill', 1)
  await world.until('the mill too', 60_000, () => statusOf(world, 'mill')?.phase === 'Succeeded')
  t.same(ran, ['market', 'mill'])
  t.ok((statusOf(world, 'mill')?.epoch ?? 0) > (statusOf(world, 'market')?.epoch ?? 0))
  t.ok(replicas.some((one) => one !== first && one.leading()))
})

function page({ daemon }: Replica): unknown {
  const found = createRouter(daemon.routes, 'local', '')('GET', '/errands')
  if ('none' in found) throw new Error(String(found.none.body))
  const ask = { method: 'GET', path: '/errands', params: {}, query: new URLSearchParams(), headers: {}, peer: '' }
  const reply = found.route.answer({ ...ask, body: new Uint8Array() }, new AbortController().signal) as Reply
  return JSON.parse(String(reply.body))
}

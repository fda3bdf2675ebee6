import type { Test } from 'tap'
import type { Attempt } from '../../src/core/model/node-repair.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { createLedger } from '../../src/kube/store/repairs.ts'
import { attempt, spec, status } from '../support/kube/repairs.ts'

const { signal } = new AbortController()

/** What every API that stores NodeRepairs must refuse of the orders in them. */
export async function nodeRepairOrders(t: Test, http: KubeHttp): Promise<void> {
  const ledger = createLedger({ http })
  const orderFor = (id: string): Attempt => attempt(1, { order: { ...attempt(1).order, instance: { id, name: id } } })

  t.test("an order is for the repair's own machine, or for the one that replaced it", async (t) => {
    const repair = await ledger.create('orders-1', spec({ instance: { id: 'mine', name: 'a' } }), signal)
    const replacement = { instance: { id: 'heir', name: 'b' } }
    const write = (id: string, change: Parameters<typeof status>[0] = {}) =>
      ledger.writeStatus(repair, status({ attempts: [orderFor(id)], replacement: undefined, ...change }), signal)
    await t.rejects(write('foreign'), { name: 'LedgerConflictError' })
    await t.rejects(write('foreign', { replacement }), { name: 'LedgerConflictError' })
    await t.rejects(write('heir'), { name: 'LedgerConflictError' })
    const stored = await write('mine')
    await ledger.writeStatus(stored, status({ attempts: [orderFor('heir')], replacement }), signal)
  })

  t.test('a repair that began without a known machine takes the one that is found', async (t) => {
    const repair = await ledger.create('orders-2', spec({ instance: undefined }), signal)
    const stored = await ledger.writeStatus(repair, status({ attempts: [orderFor('found')] }), signal)
    t.match(stored.status, { attempts: [{ order: { instance: { id: 'found' } } }] })
  })
}

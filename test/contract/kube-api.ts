import type { Test } from 'tap'
import { type Client, createClient, type Served } from './kube-api-client.ts'
import { kindContract } from './kube-api-kinds.ts'
import { listContract } from './kube-api-lists.ts'
import { deletionContract, objectContract } from './kube-api-objects.ts'
import { patchContract } from './kube-api-patches.ts'
import { nodeRepairRules } from './kube-api-repairs.ts'
import { watchContract } from './kube-api-watch.ts'

/** What heald relies on in a Kubernetes API server: the real one and the embedded one answer alike. */
export function kubeApiContract(t: Test, connect: () => Promise<Served>): void {
  let client: Client
  let endpoint: Served
  t.before(async () => {
    endpoint = await connect()
    client = 'client' in endpoint ? endpoint.client : createClient(endpoint)
  })
  t.teardown(() => client.close())
  const api = (): Client => client

  t.test('objects', async (t) => objectContract(t, api()))
  t.test('patches', async (t) => patchContract(t, api()))
  t.test('deletion', async (t) => deletionContract(t, api()))
  t.test('lists', async (t) => listContract(t, api()))
  t.test('leases, events and evictions', async (t) => kindContract(t, api()))
  t.test('watches', async (t) => watchContract(t, api(), () => endpoint.compact()))
  t.test('NodeRepair', async (t) => nodeRepairRules(t, api()))
}

import { ownerOf } from '../core/model/node-repair.ts'
import type { Examined } from '../core/ports/cloud-provider.ts'
import { recordAt, textOf } from '../lib/pure/json.ts'
import { hasStatus } from './client/answers.ts'
import type { KubeHttp } from './client/http.ts'
import { listPages } from './client/pages.ts'
import { createLeaseApi } from './lease.ts'
import { REPAIRS_PATH } from './store/repairs.ts'

const WHAT = 'other healds'

/** Whose NodeRepairs are in the cluster beside those of the Lease `own`, and who holds those Leases: there should be one heald. */
export async function findOtherHealds(http: KubeHttp, own: string, signal: AbortSignal): Promise<Examined> {
  const others = (await ownersOf(http, signal)).filter((owner) => owner !== own)
  if (others.length === 0) return { what: WHAT, state: 'ok', message: `no NodeRepair is of another Lease than ${own}` }
  const found = await Promise.all(others.map(async (lease) => `Lease ${lease}, ${await holderOf(http, lease, signal)}`))
  const message = `another heald works in this cluster, or has: ${found.join('; ')}; ours is ${own}, and there should be one Lease per cluster`
  return { what: WHAT, state: 'warning', message }
}

async function ownersOf(http: KubeHttp, signal: AbortSignal): Promise<readonly string[]> {
  const owners = new Set<string>()
  for await (const item of listPages(http, REPAIRS_PATH, {}, signal)) {
    owners.add(ownerOf({ owner: textOf(recordAt(item, 'spec').owner) }))
  }
  return [...owners].sort()
}

/** Who holds the Lease `namespace/name`, in words. Throws when nobody can say. */
export async function holderOf(http: KubeHttp, lease: string, signal: AbortSignal): Promise<string> {
  const [namespace = '', name = ''] = lease.split('/')
  try {
    const record = await createLeaseApi(http, namespace, name).get(signal)
    if (record === undefined) return 'which is gone'
    return record.holder === '' ? 'which nobody holds' : `held by ${record.holder}`
  } catch (thrown) {
    if (!hasStatus(thrown, [403])) throw thrown
    return 'whose holder this account may not see'
  }
}

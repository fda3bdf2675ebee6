import { etcdVolume, findMember } from './stack-tree.ts'
import type { Survey, Tools } from './survey.ts'

const USABLE: ReadonlySet<string> = new Set(['in-use', 'available'])

/** What Cinder says against the volumes that these masters keep etcd's data on; undefined: nothing, or it is not asked. */
export async function etcdTrouble(
  { cinder }: Tools,
  { group, resources }: Survey,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (group?.role !== 'master' || !(await cinder.available(signal))) return undefined
  for (const id of ids) {
    const member = findMember(resources, id)
    const volumeId = member === undefined ? undefined : etcdVolume(member)
    if (volumeId === undefined) continue
    const volume = await cinder.volume(volumeId, signal)
    if (!USABLE.has(volume?.status ?? '')) return `${volumeId} is ${volume?.status ?? 'gone'}`
  }
  return undefined
}

import type { Attachment, Server } from '../schema/answers.ts'
import type { Member } from './stack-tree.ts'
import { volumeResource } from './stack-tree.ts'

/** What the cursor can hold; those beyond are left to Nova, which detaches whatever a deleted server had. */
export const MOST_DETACHED = 12

export function bootsFromVolume(server: Server): boolean {
  return server.image === ''
}

/** A bootable volume is not yet a root: the disk that the machine was started from is. */
export function rootVolume(server: Server, attachments: readonly Attachment[]): string | undefined {
  if (!bootsFromVolume(server)) return undefined
  return attachments.find(({ device }) => /^\/dev\/(vda|sda|xvda|hda)$/.test(device ?? ''))?.volumeId
}

/** Volumes of pods and people. The stack's own ones go and come with the stack. */
export function foreignVolumes(
  server: Server,
  attachments: readonly Attachment[],
  member: Member | undefined,
): readonly string[] {
  if (member === undefined) return []
  const root = rootVolume(server, attachments)
  if (bootsFromVolume(server) && root === undefined) return []
  return attachments
    .map(({ volumeId }) => volumeId)
    .filter((volume) => volume !== root && volumeResource(member, volume) === undefined)
}

export function detachedKey(server: string, volume: string): string {
  return `${server.slice(0, 8)}:${volume}`
}

export function detachedFrom(server: string, detached: readonly string[] | undefined): readonly string[] {
  const prefix = `${server.slice(0, 8)}:`
  return (detached ?? []).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
}

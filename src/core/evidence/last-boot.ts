import type { InstanceState, InstanceView } from '../model/instance.ts'
import type { Millis } from '../model/primitives.ts'

/**
 * When the cloud still showed the boot before the last one: the last one is later. Undefined: none was seen. Of a boot
 * that fell into a time in which the cloud did not answer nobody knows when it was.
 */
export function lastBoot(before: InstanceView | undefined, now: InstanceState | undefined): Millis | undefined {
  if (before === undefined || before.error !== undefined) return before?.bootedAfter
  const then = before.state
  const isNew = then?.bootMark !== undefined && now?.bootMark !== undefined && then.bootMark !== now.bootMark
  return isNew && then.ref.id === now.ref.id ? before.seenAt : before.bootedAfter
}

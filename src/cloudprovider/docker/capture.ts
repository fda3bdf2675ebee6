import type { Evidence, InstanceRef } from '../../core/model/instance.ts'
import { redact, tailOf } from '../contract/redact.ts'
import { readOwn, stateOf } from './machine.ts'
import type { Tools } from './start.ts'

const LINES = 60
const FRAME_HEADER_BYTES = 8

/** What the machine said last, for the person who asks why it was replaced. */
export async function captureMachine(
  { engine, options }: Tools,
  instance: InstanceRef,
  signal: AbortSignal,
): Promise<Evidence> {
  const container = await readOwn(engine, options.cluster, instance, signal)
  if (container === undefined) return { summary: 'container is gone' }
  const { power, fault } = stateOf(container)
  const summary = `container ${container.Name} is ${power}${fault === undefined ? '' : `: ${fault}`}`
  const bytes = await engine.readBytes(`/containers/${instance.id}/logs?stdout=true&stderr=true&tail=${LINES}`, signal)
  return { summary, console: tailOf(redact(textOf(bytes))) }
}

/** Without a terminal the engine frames its log: stream (0-2), three zeros, length, bytes. */
export function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes)
  const parts: Buffer[] = []
  let at = 0
  while (at + FRAME_HEADER_BYTES <= buffer.length && buffer.readUInt32BE(at) <= 0x02000000 && buffer[at + 1] === 0) {
    const end = at + FRAME_HEADER_BYTES + buffer.readUInt32BE(at + 4)
    parts.push(buffer.subarray(at + FRAME_HEADER_BYTES, end))
    at = end
  }
  return at === 0 ? buffer.toString('utf8') : Buffer.concat(parts).toString('utf8')
}

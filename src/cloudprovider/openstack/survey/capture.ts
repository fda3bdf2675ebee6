import type { Evidence, InstanceRef } from '../../../core/model/instance.ts'
import { redact, tailOf } from '../../contract/redact.ts'
import type { Nova } from '../services/nova.ts'
import { readOwn, taskOf } from './server.ts'

const LINES = 60

/** What the machine said last, for the person who asks why it was replaced. */
export async function captureServer(nova: Nova, instance: InstanceRef, signal: AbortSignal): Promise<Evidence> {
  const server = await readOwn(nova, instance, signal)
  if (server === undefined) return { summary: 'server is gone' }
  const task = taskOf(server)
  const fault = server.fault === undefined ? '' : `: ${redact(server.fault.message).slice(0, 300)}`
  const summary = `server ${server.name} is ${server.status}${task === undefined ? '' : ` (${task})`}${fault}`
  const text = await nova.console(instance.id, LINES, signal)
  return text === '' ? { summary } : { summary, console: tailOf(redact(text)) }
}

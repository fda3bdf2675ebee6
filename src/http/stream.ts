import type { ServerResponse } from 'node:http'
import type { StreamEvent, StreamReply } from './route.ts'

const HEARTBEAT_MS = 15_000
/** What may wait in memory for one client. */
const MOST_BUFFERED = 256 * 1024

/** Server-sent events (WHATWG HTML §9.2), until the client or the server ends it. */
export function openStream(response: ServerResponse, { open, heartbeatMs = HEARTBEAT_MS }: StreamReply): void {
  const gone = new AbortController()
  const write = (lines: string): void => {
    if (gone.signal.aborted || response.writableEnded) return
    if (response.writableLength > MOST_BUFFERED) response.destroy()
    else response.write(lines)
  }
  const heartbeat = setInterval(write, heartbeatMs, ':\n\n')
  response.once('close', () => {
    clearInterval(heartbeat)
    gone.abort()
  })
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.flushHeaders()
  open({ send: (event) => write(format(event)), signal: gone.signal })
}

function format({ id, event, data }: StreamEvent): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}`)
  if (event !== undefined) lines.unshift(`event: ${oneLine(event)}`)
  if (id !== undefined) lines.unshift(`id: ${oneLine(id)}`)
  return `${lines.join('\n')}\n\n`
}

/** A line break in a name would begin a field of its own. */
function oneLine(name: string): string {
  return name.replaceAll(/[\r\n\0]/g, ' ')
}

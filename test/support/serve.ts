import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

interface Teardown {
  teardown(handler: () => void): void
}

/** A real server on a free port of 127.0.0.1, closed with all its connections when the test ends. Returns its URL. */
export async function serve(t: Teardown, handler: Handler, tls?: { key: string; cert: string }): Promise<string> {
  const server = tls === undefined ? createServer(handler) : createTlsServer(tls, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http${tls === undefined ? '' : 's'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers with JSON, as the API server does. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Finding } from '../../src/core/model/finding.ts'
import type { NodeFacts } from '../../src/core/model/node.ts'
import type { Log } from '../../src/core/ports/log.ts'
import type { PluginDeps } from '../../src/healthcheck/plugin/plugin.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { node } from '../support/pure/view.ts'

export function nodeAt(address: string, name = address): NodeFacts {
  return node(name, { addresses: [{ type: 'InternalIP', address }] })
}

export interface Line {
  readonly level: string
  readonly msg: string
  readonly fields: object
}

export function testDeps(over: Partial<PluginDeps> = {}): PluginDeps & { readonly lines: readonly Line[] } {
  const lines: Line[] = []
  const at =
    (level: string) =>
    (fields: object, msg: string): void =>
      void lines.push({ level, msg, fields })
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  return { clock: systemClock, log, ...over, lines }
}

export interface Listening {
  readonly port: number
  close(): void
}

export async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<Listening> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

export function serve(listener: RequestListener, host?: string, port?: number): Promise<Listening> {
  return listen(createHttpServer(listener), host, port)
}

export function serveTls(
  { cert, key }: { readonly cert: string; readonly key: string },
  listener: RequestListener,
): Promise<Listening> {
  return listen(createHttpsServer({ cert, key }, listener))
}

export function only(findings: ReadonlyMap<string, Finding>): Finding {
  const [first, ...rest] = findings.values()
  if (first === undefined || rest.length > 0) throw new Error(`want one finding, got ${findings.size}`)
  return first
}

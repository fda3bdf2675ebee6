import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

export interface Certificate {
  readonly cert: string
  readonly key: string
  readonly certFile: string
}

/** A self-signed certificate for 127.0.0.1. */
export function selfSigned(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'heald-cert-'))
  const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const subject = ['-subj', '/CN=node', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  })
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile }
}

export function serveTls({ cert, key }: Certificate, listener: RequestListener): Promise<Listening> {
  return listen(createHttpsServer({ cert, key }, listener))
}

export function only(findings: ReadonlyMap<string, Finding>): Finding {
  const [first, ...rest] = findings.values()
  if (first === undefined || rest.length > 0) throw new Error(`want one finding, got ${findings.size}`)
  return first
}

import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { TlsOptions } from './credentials.ts'

const OPTIONS = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 8 }

export interface Agents {
  /** The same agent for as long as `tls` is the same object. */
  for(host: string, tls: TlsOptions): { readonly http: HttpAgent; readonly https: HttpsAgent }
  /** Closes what is idle: after a silence, every idle connection to that host may be as dead as the one that timed out. */
  dropIdle(host: string): void
}

/** Keep-alive connections of our own: no proxy of the environment, no certificate authority but the cluster's. */
export function createAgents(): Agents {
  const http = new HttpAgent(OPTIONS)
  const secure = new Map<string, { tls: TlsOptions; https: HttpsAgent }>()
  return {
    for(host, tls) {
      const known = secure.get(host)
      if (known?.tls === tls) return { http, https: known.https }
      const https = new HttpsAgent({ ...OPTIONS, ...tls })
      secure.set(host, { tls, https })
      if (known !== undefined) retire(known.https)
      return { http, https }
    },
    dropIdle(host) {
      const known = secure.get(host)
      if (known !== undefined) closeIdle(known.https)
      else closeIdle(http)
    },
  }
}

/** Watches on old connections may go on; nothing new begins on them. */
function retire(agent: HttpsAgent): void {
  agent.maxFreeSockets = 0
  closeIdle(agent)
}

function closeIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

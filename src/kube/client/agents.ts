import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type Agents as ProxyAgents, proxyAgents } from '../../lib/proxy/agents.ts'
import type { TlsOptions } from './credentials.ts'

const OPTIONS = { keepAlive: true, keepAliveMsecs: 15_000, maxFreeSockets: 8 }

export interface Agents {
  /** The same agents for as long as `tls` and `proxy` are the same objects. */
  for(host: string, tls: TlsOptions, proxy?: URL): ProxyAgents
  /** Closes what is idle: after a silence, every idle connection to that host may be as dead as the one that timed out. */
  dropIdle(host: string): void
}

/** Keep-alive connections of our own: by the proxy of the kubeconfig, never of the environment, no certificate authority but the cluster's. */
export function createAgents(): Agents {
  const http = new HttpAgent(OPTIONS)
  const secure = new Map<string, { tls: TlsOptions; proxy: URL | undefined; agents: ProxyAgents }>()
  return {
    for(host, tls, proxy) {
      const known = secure.get(host)
      if (known?.tls === tls && known.proxy === proxy) return known.agents
      const options = { ...OPTIONS, ...tls }
      const agents = proxy === undefined ? { http, https: new HttpsAgent(options) } : proxyAgents(proxy, options)
      secure.set(host, { tls, proxy, agents })
      if (known !== undefined) retire(known.agents.https)
      return agents
    },
    dropIdle(host) {
      const known = secure.get(host)
      if (known !== undefined) closeIdle(known.agents.https)
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

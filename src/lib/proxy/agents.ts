import type { Agent as HttpAgent, AgentOptions as HttpOptions } from 'node:http'
import type { AgentOptions, Agent as HttpsAgent } from 'node:https'
import { HttpsProxyAgent } from 'hpagent'
import { HttpProxyAgent } from 'http-proxy-agent'
import { SocksProxyAgent } from 'socks-proxy-agent'
import { NO_WAY, nameOfProxy } from './choose.ts'

export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

/** Connections by way of a proxy: what is encrypted goes through a tunnel, and the proxy sees nothing of it. */
export function proxyAgents(proxy: URL, options: AgentOptions & HttpOptions): Agents {
  if (proxy.protocol.startsWith('socks')) {
    const socks = new SocksProxyAgent(proxy, options)
    return { http: socks, https: socks as unknown as HttpsAgent }
  }
  // Proxies close the connection of a plain request without saying so before.
  const http = new HttpProxyAgent(proxy, { ...options, keepAlive: false })
  return { http, https: new HttpsProxyAgent({ ...options, proxy: proxy.href }) }
}

/** The proxy has said no, by this status. */
export function refusedByProxy(proxy: URL, status: string): Error {
  return noWay(proxy, `it answered ${status}${status === '407' ? ': it wants a user and a password' : ''}`)
}

function noWay(proxy: URL, why: string): Error {
  return Object.assign(new Error(`the proxy ${nameOfProxy(proxy)} did not let it through: ${why}`), { code: NO_WAY })
}

/** What an agent threw, with a code and a name where it was the proxy that said no. */
export function proxyError(thrown: Error, proxy: URL): Error {
  if (!/^(Bad response: \d+|Proxy timeout)$|^Socks/.test(thrown.message)) return thrown
  const status = /^Bad response: (\d+)$/.exec(thrown.message)?.[1]
  return status === undefined ? noWay(proxy, thrown.message) : refusedByProxy(proxy, status)
}

import { BlockList, isIP } from 'node:net'

/** The proxy for a request to this address; undefined: none. */
export type ChooseProxy = (target: URL) => URL | undefined

/** `code` of a request that a proxy, or its setting, kept from going out: it reached nobody. */
export const NO_WAY = 'EPROXY'

const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:']
const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** The same choice, and what it came to so far: origins by their proxies, for people. */
export function remembering(choose: ChooseProxy): { readonly choose: ChooseProxy; told(): readonly string[] } {
  const chosen = new Map<string, string>()
  return {
    choose: (target) => {
      const proxy = choose(target)
      if (proxy !== undefined) chosen.set(target.origin, nameOfProxy(proxy))
      return proxy
    },
    told: () => [...chosen].map(([origin, proxy]) => `${origin} by way of ${proxy}`),
  }
}

/** Every request to this one, or none; by a configuration, so it is taken at its word. */
export function always(proxy: URL | undefined): ChooseProxy {
  return () => proxy
}

/**
 * `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, in upper or lower case, as Go reads them
 * (https://pkg.go.dev/golang.org/x/net/http/httpproxy): loopback is never proxied. A proxy that can't be read throws when
 * it would be used: going round it would be worse.
 */
export function proxyOfEnvironment(env: Readonly<Record<string, string | undefined>>): ChooseProxy {
  const [https, http] = [settingOf(env, 'HTTPS_PROXY'), env.REQUEST_METHOD ? undefined : settingOf(env, 'HTTP_PROXY')]
  const isExempt = exemptBy(settingOf(env, 'NO_PROXY') ?? '')
  return (target) => {
    const [name, value] = target.protocol === 'https:' ? ['HTTPS_PROXY', https] : ['HTTP_PROXY', http]
    if (value === undefined || isLoopback(hostOf(target)) || isExempt(target)) return undefined
    const proxy = parseProxy(value)
    if (proxy !== undefined) return proxy
    const message = `${name} is not a proxy's address such as http://HOST:PORT or socks5://HOST:PORT`
    throw Object.assign(new Error(message), { code: NO_WAY })
  }
}

/** `http://USER:PASSWORD@HOST:PORT`, `https:`, `socks5:`; without a scheme it is `http:`. */
export function parseProxy(text: string): URL | undefined {
  const full = text.includes('://') ? text : `http://${text}`
  const url = URL.canParse(full) ? new URL(full) : undefined
  return url !== undefined && SCHEMES.includes(url.protocol) && url.hostname !== '' ? url : undefined
}

/** For people: never with its credentials. */
export function nameOfProxy(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`
}

function settingOf(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const value = (env[name] || env[name.toLowerCase()] || '').trim()
  return value === '' ? undefined : value
}

/** `*`, `host`, `.domain`, `*.domain`, an address, a CIDR; each but the CIDR with `:port` too. */
function exemptBy(list: string): (target: URL) => boolean {
  const rules = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map(ruleOf)
  return (target) => {
    const [host, port] = [hostOf(target), target.port || (PORTS[target.protocol] ?? '')]
    return rules.some((rule) => rule(host, port))
  }
}

type Rule = (host: string, port: string) => boolean

function ruleOf(entry: string): Rule {
  if (entry === '*') return () => true
  const [address = '', bits] = entry.split('/')
  if (bits !== undefined)
    return isIP(address) === 0 || !isPrefix(bits, address) ? () => false : inSubnet(address, Number(bits))
  const [, bare = entry, wanted] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? []
  const name = bare.replace(/^\[|\]$/g, '')
  const matches = isIP(name) === 0 ? byName(name) : (host: string) => host === name
  return (host, port) => matches(host) && (wanted === undefined || wanted === port)
}

function byName(name: string): (host: string) => boolean {
  const domain = name.replace(/^\*?\./, '')
  const own = domain === name
  return (host) => host.endsWith(`.${domain}`) || (own && host === domain)
}

function inSubnet(address: string, bits: number): Rule {
  const list = new BlockList()
  list.addSubnet(address, bits, familyOf(address))
  return (host) => isIP(host) !== 0 && list.check(host, familyOf(host))
}

function isPrefix(bits: string, address: string): boolean {
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128)
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}

function hostOf({ hostname }: URL): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

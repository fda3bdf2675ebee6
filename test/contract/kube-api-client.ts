import { randomUUID } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

/** Something that forgets on demand, with a way to it: a URL, or a client that is there already. */
export type Served = Endpoint | { readonly client: Client; compact(): Promise<void> }

export interface Endpoint {
  readonly url: string
  readonly token?: string
  readonly ca?: string
  /** Makes the server forget the changes up to now; returns when it serves again. */
  compact(): Promise<void>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into whatever the API server answers
  readonly body: any
}

export interface WatchEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: see Reply
  readonly object: any
}

export interface Client {
  send(method: string, path: string, body?: unknown, contentType?: string): Promise<Reply>
  /** As `send`, but throws unless the status is below 400. */
  // biome-ignore lint/suspicious/noExplicitAny: see Reply
  must(method: string, path: string, body?: unknown, contentType?: string): Promise<any>
  /** The events of one watch until it ends. */
  watch(path: string): AsyncGenerator<WatchEvent, void>
  close(): void
}

export const MERGE = 'application/merge-patch+json'
export const STRATEGIC = 'application/strategic-merge-patch+json'
export const JSON_PATCH = 'application/json-patch+json'
export const APPLY = 'application/apply-patch+yaml'

export const MAPS = '/api/v1/namespaces/default/configmaps'
export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

export function unique(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`
}

/** A client with nothing of ours in it, so that the suite judges servers only. */
export function createClient({ url, token, ca }: Endpoint): Client {
  const secure = url.startsWith('https:')
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })

  function open(method: string, path: string, body?: unknown, contentType?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = { accept: 'application/json' }
      if (token !== undefined) headers.authorization = `Bearer ${token}`
      if (body !== undefined) headers['content-type'] = contentType ?? 'application/json'
      const options = { method, headers, agent, ...(ca === undefined ? {} : { ca }) }
      const request = (secure ? httpsRequest : httpRequest)(`${url}${path}`, options, resolve)
      request.once('error', reject)
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
      // Without it Node sends the body of a DELETE with no framing at all.
      if (text !== undefined) request.setHeader('content-length', Buffer.byteLength(text))
      request.end(text)
    })
  }

  const send: Client['send'] = async (method, path, body, contentType) => {
    const response = await open(method, path, body, contentType)
    const text = Buffer.concat(await response.toArray()).toString()
    const isJson = String(response.headers['content-type']).startsWith('application/json') && text.startsWith('{')
    return { status: response.statusCode ?? 0, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

  return {
    send,
    must: async (method, path, body, contentType) => {
      const reply = await send(method, path, body, contentType)
      if (reply.status < 400) return reply.body
      throw new Error(`${method} ${path}: ${reply.status}: ${JSON.stringify(reply.body)}`)
    },
    async *watch(path) {
      const response = await open('GET', path)
      if (response.statusCode !== 200) throw new Error(`watch ${path}: ${response.statusCode}`)
      let rest = ''
      for await (const chunk of response) {
        const lines = `${rest}${chunk}`.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line !== '') yield JSON.parse(line)
      }
    },
    close: () => agent.destroy(),
  }
}

import { readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { parse } from 'yaml'
import type { Answer } from './control-plane.ts'

/** As admin of a lab cluster: for setting the scene and looking at the outcome. What is tested runs under its own account. */
export interface Admin {
  /** `https://HOST:PORT`. */
  readonly url: string
  /** PEM. */
  readonly ca: string
  /** Resolves with any status; rejects only when nothing answers. */
  request(method: string, path: string, body?: object, contentType?: string): Promise<Answer>
  /** As `request`, but a status of 400 or more throws with the server's message. */
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into whatever the API server answers
  must(method: string, path: string, body?: object, contentType?: string): Promise<any>
  /** As `must`, a merge patch. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  patch(path: string, body: object): Promise<any>
}

const TIMEOUT_MS = 20_000

export function createAdmin(kubeconfig: string): Admin {
  const config = parse(readFileSync(kubeconfig, 'utf8'))
  const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster
  const ca = Buffer.from(authority, 'base64').toString('utf8')
  const { token } = config.users[0].user

  const request: Admin['request'] = (method, path, body, contentType = 'application/json') =>
    new Promise((resolve, reject) => {
      const headers = {
        ...{ authorization: `Bearer ${token}`, accept: 'application/json' },
        ...(body === undefined ? {} : { 'content-type': contentType }),
      }
      const options = { method, headers, ca, agent: false, timeout: TIMEOUT_MS }
      const outgoing = httpsRequest(`${server}${path}`, options, async (response) => {
        try {
          const text = (await response.toArray()).join('')
          const isJson = String(response.headers['content-type']).startsWith('application/json')
          const { statusCode = 0, headers } = response
          resolve({ status: statusCode, headers, body: isJson ? JSON.parse(text) : text })
        } catch (thrown) {
          reject(thrown)
        }
      })
      outgoing.once('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer in ${TIMEOUT_MS} ms`)))
      outgoing.once('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })

  const must: Admin['must'] = async (method, path, body, contentType) => {
    const answer = await request(method, path, body, contentType)
    if (answer.status < 400) return answer.body
    throw new Error(`${method} ${path}: ${answer.status}: ${answer.body?.message ?? JSON.stringify(answer.body)}`)
  }
  const patch: Admin['patch'] = (path, body) => must('PATCH', path, body, 'application/merge-patch+json')
  return { url: server, ca, request, must, patch }
}

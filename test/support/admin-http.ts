import { KubeError, type KubeHttp } from '../../src/kube/http.ts'
import type { ControlPlane } from '../lab/control-plane.ts'

/** The way to the API server as admin, over the control plane's own client: for tests that are not about the transport. */
export function adminHttp(plane: ControlPlane): KubeHttp {
  return {
    async request({ method, path, query = {}, body, contentType }, signal) {
      signal.throwIfAborted()
      const search = new URLSearchParams(
        Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
      ).toString()
      const answer = await plane.request(
        method,
        search === '' ? path : `${path}?${search}`,
        body as object,
        contentType,
      )
      if (answer.status < 400) return answer.body
      throw new KubeError(answer.status, String(answer.body?.reason), `${method} ${path}: ${answer.body?.message}`)
    },
    stream: () => Promise.reject(new Error('admin http: no streams')),
    contact: { lastAnswerAt: () => undefined, calendar: () => Date.now(), skewMs: () => 0 },
  }
}

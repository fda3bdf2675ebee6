import { KubeError, type KubeHttp, type KubeRequest } from '../../kube/client/http.ts'

/** Counts every request to the API server by verb, resource and status. */
export function countRequests(http: KubeHttp, count: (verb: string, resource: string, code: number) => void): KubeHttp {
  const counted = async <T>(verb: string, request: KubeRequest, run: () => Promise<T>): Promise<T> => {
    const resource = resourceOf(request.path)
    try {
      const answer = await run()
      count(verb, resource, 200)
      return answer
    } catch (thrown) {
      count(verb, resource, thrown instanceof KubeError ? thrown.status : 0)
      throw thrown
    }
  }
  return {
    contact: http.contact,
    request: (request, signal) => counted(request.method, request, () => http.request(request, signal)),
    stream: (request, signal) =>
      counted(request.query?.watch === true ? 'WATCH' : 'LIST', request, () => http.stream(request, signal)),
  }
}

/** `/apis/heald.dev/v1alpha1/noderepairs/x/status` -> `noderepairs/status`: few labels, never a name. */
function resourceOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '')
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  const [kind = 'other', , sub] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  return sub === undefined ? kind : `${kind}/${sub}`
}

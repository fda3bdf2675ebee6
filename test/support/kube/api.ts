import type { Clock } from '../../../src/core/ports/clock.ts'
import type { KubeHttp } from '../../../src/kube/client/http.ts'
import { loadCredentials } from '../../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { type EmbeddedApi, type EmbeddedApiOptions, startEmbeddedApi } from '../../../src/simulator/api/server.ts'

interface Teardown {
  teardown(handler: () => Promise<void>): void
}

/** The embedded API, stopped when the test ends, and our own way to it. */
export async function embeddedApi(
  t: Teardown,
  options: EmbeddedApiOptions = {},
): Promise<{ api: EmbeddedApi; http: KubeHttp }> {
  const api = await startEmbeddedApi(options)
  t.teardown(() => api.stop())
  return { api, http: await httpTo({ apiHost: api.url }, options.clock) }
}

export async function httpTo(
  where: { apiHost: string } | { kubeconfig: string },
  clock: Clock = systemClock,
): Promise<KubeHttp> {
  return createTransport(await loadCredentials({ ...where, env: {} }), clock)
}

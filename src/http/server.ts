import type { Log } from '../core/ports/log.ts'
import { openDoor } from './door.ts'
import type { RouteGroup } from './route.ts'
import { createRouter } from './router.ts'
import { type Pages, pageRoutes } from './routes.ts'

export interface HttpOptions {
  /** Where all pages are served. 127.0.0.1 unless somebody knows better. Port 0 = any free one. */
  readonly host: string
  readonly port: number
  /** Where only /metrics and the probes are. 127.0.0.1 unless a Prometheus elsewhere is to scrape them. The same address and port as above: one server, all pages. */
  readonly metricsHost: string
  readonly metricsPort: number
  readonly pages: Pages
  /** What is served beside the pages. */
  readonly groups?: readonly RouteGroup[]
  readonly log: Log
}

export interface HttpServers {
  /** As bound. */
  readonly local: { readonly host: string; readonly port: number }
  readonly public: { readonly host: string; readonly port: number }
  close(): Promise<void>
}

const ELSEWHERE = 'is served on the local address only (http.host, http.port): reach it by port-forward'

/** Throws when an address can't be had, naming it; after that no request and no client can end the process. */
export async function startHttp(options: HttpOptions): Promise<HttpServers> {
  const { host, port, metricsHost, metricsPort, log } = options
  const groups = [...pageRoutes(options.pages), ...(options.groups ?? [])]
  const local = await openDoor({
    ...{ host, port, keys: 'http.host, http.port', log },
    find: createRouter(groups, 'local', ELSEWHERE),
  })
  if (host === metricsHost && port === metricsPort) return { local: local.at, public: local.at, close: local.close }
  try {
    const shared = await openDoor({
      ...{ host: metricsHost, port: metricsPort, keys: 'http.metricsHost, http.metricsPort', log },
      find: createRouter(groups, 'public', ELSEWHERE),
    })
    const close = async (): Promise<void> => {
      await Promise.all([local.close(), shared.close()])
    }
    return { local: local.at, public: shared.at, close }
  } catch (thrown) {
    await local.close()
    throw thrown
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SILENT } from '../../src/core/ports/log.ts'
import { createKnown, createPages, type KnownOptions, type PagesOptions } from '../../src/daemon/reporting/pages.ts'
import { metricsOf } from '../../src/daemon/reporting/snapshot.ts'
import { startHttp } from '../../src/http/server.ts'
import type { EmbeddedApi } from '../../src/simulator/api/server.ts'
import type { Narrator } from '../../src/simulator/story/narrator.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

export interface Playground {
  /** How to take part from another terminal. */
  introduce(narrator: Narrator): void
  /** Takes the kubeconfig away again. */
  close(): Promise<void>
}

type PlaygroundOptions = Omit<KnownOptions & PagesOptions, 'provider' | 'metrics' | 'liveness' | 'known'> & {
  readonly api: EmbeddedApi
}

/** What kubectl and heald's own commands need to reach the demo: a kubeconfig, and the pages of the daemon. */
export async function openPlayground(options: PlaygroundOptions): Promise<Playground> {
  const known = createKnown({ ...options, provider: 'demo' })
  const metrics = createMetrics(() => metricsOf(known()))
  const pages = createPages({ ...options, metrics, liveness: { complaint: () => undefined }, known })
  const door = { host: '127.0.0.1', port: 0 }
  const servers = await startHttp({ ...door, metricsHost: door.host, metricsPort: door.port, pages, log: SILENT })
  const folder = mkdtempSync(join(tmpdir(), 'heald-demo-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(options.api.url), null, 2), { mode: 0o600 })
  return {
    introduce(narrator) {
      narrator.aside('In a second terminal:')
      narrator.table([
        ['', `export KUBECONFIG=${kubeconfig} HEALD_URL=http://${servers.local.host}:${servers.local.port}`],
        ['', 'kubectl get nodes; kubectl get nr --watch; kubectl cordon worker-b-3'],
        ['', 'heald status; heald why worker-a-1; heald pause --for 2m; heald resume; heald history'],
        ['', 'heald repair worker-c-4 --rung reboot-hard --reason trial'],
      ])
      narrator.blank()
    },
    async close() {
      rmSync(folder, { recursive: true, force: true })
      await servers.close()
    },
  }
}

function kubeconfigOf(server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'heald-demo', cluster: { server } }],
    users: [{ name: 'you', user: {} }],
    contexts: [{ name: 'heald-demo', context: { cluster: 'heald-demo', user: 'you' } }],
    'current-context': 'heald-demo',
  }
}

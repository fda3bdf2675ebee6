/** A process of its own that leads and acts as fast as the fence lets it; one JSON line per thing that happens. Ends on SIGTERM. */
import { LeaseLostError } from '../../../src/core/ports/term.ts'
import { loadCredentials } from '../../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { createLeaseApi } from '../../../src/kube/lease.ts'
import { runElector } from '../../../src/leader/elector.ts'
import { systemClock } from '../../../src/lib/clock.ts'

const [kubeconfig = '', identity = ''] = process.argv.slice(2)
const say = (line: object): void => void process.stdout.write(`${JSON.stringify({ at: Date.now(), ...line })}\n`)

const http = createTransport(await loadCredentials({ kubeconfig, env: {} }), systemClock)
const shutdown = new AbortController()
process.once('SIGTERM', () => shutdown.abort(new Error('SIGTERM')))

await runElector(
  {
    leases: [createLeaseApi(http, 'kube-system', 'heald')],
    identity,
    clock: systemClock,
    timings: { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 300 },
    tell: ({ reason, message }) => say({ tell: reason, message }),
    minimumEpoch: () => 0,
  },
  async (term, ending) => {
    const { signal } = new AbortController()
    while (!ending.aborted && !term.signal.aborted) {
      try {
        await term.renew(signal)
        say({ act: term.epoch })
      } catch (thrown) {
        if (thrown instanceof LeaseLostError) return
        say({ error: String(thrown) })
      }
      await systemClock.sleep(20, signal)
    }
  },
  shutdown.signal,
)
process.exit(0)

import { createServer, type Server } from 'node:net'
import type { Clock } from '../../core/ports/clock.ts'
import { asError } from '../../lib/errors.ts'
import { kubeletRuns } from './machine.ts'
import type { Machines } from './machines.ts'

const KUBELET_PORT = 10_250

/**
 * A real listener on each machine's own loopback address while its kubelet runs, so that a TCP probe finds what the
 * story says. Systems that give loopback one address only have none of them: `onUnavailable` is told once.
 */
export async function runKubeletPorts(
  machines: Machines,
  clock: Clock,
  onUnavailable: (why: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const open = new Map<string, Server>()
  let available = true

  function follow(): void {
    for (const machine of machines.all()) {
      const address = machines.addressOf(machine.spec.name)
      const answers = kubeletRuns(machine, clock.now()) && !machine.faults.has('network-cut')
      const server = open.get(address)
      if (answers && server === undefined) open.set(address, listen(address))
      else if (!answers && server !== undefined && machine === machines.get(machine.spec.name)) {
        open.delete(address)
        server.close()
      }
    }
  }

  function listen(address: string): Server {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (thrown) => {
      if (available) onUnavailable(asError(thrown).message)
      available = false
    })
    return server.listen(KUBELET_PORT, address)
  }

  while (!signal.aborted && available) {
    follow()
    await clock.sleep(machines.timings.tickMs, signal).catch(() => undefined)
  }
  for (const server of open.values()) server.close()
}

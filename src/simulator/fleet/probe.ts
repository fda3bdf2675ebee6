import type { Finding } from '../../core/model/finding.ts'
import type { NodeFacts } from '../../core/model/node.ts'
import type { Chance } from '../../lib/pure/random.ts'
import type { Fleet } from './fleet.ts'
import type { LinkBoard } from './links.ts'
import type { Schedule } from './schedule.ts'

/** How long a real handshake waits. */
const TIMEOUT_MS = 3_000

/** heald's handshake with a kubelet's port: refused at once where the machine is there and the kubelet is not. */
export function createFleetProbe(
  { clock }: Schedule,
  fleet: Fleet,
  links: LinkBoard,
  chance: Chance,
): (node: NodeFacts, signal: AbortSignal) => Promise<Finding> {
  return async (node, signal) => {
    const found = (status: Finding['status'], reason: string): Finding => ({
      status,
      reason,
      plane: 'probe',
      symptom: 'Unreachable',
      seenAt: clock.now(),
    })
    const machine = fleet.find(node.name)
    const cut = [...(machine === undefined ? [] : fleet.troublesOf(machine))].some(
      ({ kind, direction, loss }) =>
        kind === 'network' && direction !== 'out' && chance(`a handshake with ${node.name}`, clock.now()) < loss,
    )
    if (machine === undefined || machine.power !== 'running' || cut || !links.now.nodes) {
      await clock.sleep(TIMEOUT_MS, signal)
      return found('fail', 'Timeout')
    }
    return fleet.isUp(machine) ? found('pass', 'Reachable') : found('fail', 'Refused')
  }
}

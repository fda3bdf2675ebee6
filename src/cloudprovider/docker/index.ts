import { ProviderError } from '../../core/ports/cloud-provider.ts'
import { defineProvider } from '../contract/define.ts'
import { otherScheme } from '../contract/other-scheme.ts'
import { single } from '../contract/sequence.ts'
import { captureMachine } from './capture.ts'
import { Cursor } from './cursor.ts'
import { createEngine, type Patience } from './engine.ts'
import { locateMachine, planMachine, readOwn, stateOf } from './machine.ts'
import { listMembers } from './members.ts'
import { createOwnCluster } from './own-cluster.ts'
import { createReboot, SLACK_MS } from './reboot.ts'
import { createReplace } from './replace.ts'
import { DockerOptions } from './schema.ts'
import { createStart, type Tools } from './start.ts'

/** Nodes that are containers of a Docker engine, labelled as kind labels them. */
export const docker = dockerWith()

/** The same with another patience than the engine's usual one. */
export function dockerWith(patience?: Patience) {
  return defineProvider({
    schema: DockerOptions,
    create(options, { clock, log, ownNode, nodes = () => [] }) {
      const engine = createEngine(options.socket, log, patience)
      const ownCluster = createOwnCluster({ engine, log, cluster: options.cluster, ownNode, nodes })
      const tools: Tools = { engine, options, clock }
      return {
        name: 'docker',
        notOurs: (node) => otherScheme('kind', node),
        locate: async (node, signal) => locateMachine(engine, await ownCluster(signal), node, signal),
        members: async (signal) => listMembers(engine, await ownCluster(signal), signal),
        async inspect(instance, signal) {
          const container = await readOwn(engine, options.cluster, instance, signal)
          if (container !== undefined) return stateOf(container)
          throw new ProviderError('not-found', 'none', `docker: container ${instance.name} (${instance.id}) is gone`)
        },
        plan: planMachine,
        capture: (instance, signal) => captureMachine(tools, instance, signal),
        cursor: Cursor,
        names: ['network', 'exec'],
        settleMs: 0,
        lateMs: options.stopTimeout + SLACK_MS,
        rungs: {
          start: single(createStart(tools)),
          'reboot-hard': single(createReboot(tools)),
          replace: single(createReplace(tools)),
        },
      }
    },
  })
}

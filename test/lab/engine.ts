import { request } from 'node:http'
import { SOCKET } from '../support/docker/docker-engine.ts'

/** How often the engine did what to one machine. */
export interface Acts {
  readonly reboot: number
  readonly start: number
  readonly unpause: number
  readonly create: number
}

/** Of a machine that nobody touched. */
export const NOTHING: Acts = { reboot: 0, start: 0, unpause: 0, create: 0 }

export interface EngineLog {
  /** Of the machine of this name, whichever container it was, since the log began. */
  acts(name: string): Acts
  /** Every act on every machine, as `NAME ACT`, in order: for messages. */
  all(): readonly string[]
  stop(): void
}

const ASIDE = /-heald-[0-9a-f]{8}$/
const COUNTED = ['start', 'restart', 'unpause', 'create', 'rename', 'stop', 'kill', 'pause', 'destroy']

/** The engine's own record of what happened to the containers of one kind cluster. */
export async function logEngine(cluster: string): Promise<EngineLog> {
  const seen: { readonly name: string; readonly action: string }[] = []
  const filters = JSON.stringify({ type: ['container'], label: [`io.x-k8s.kind.cluster=${cluster}`] })
  const outgoing = request({ socketPath: SOCKET, path: `/events?filters=${encodeURIComponent(filters)}` })
  await new Promise<void>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      let rest = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const { Action, Actor } = JSON.parse(line)
          if (COUNTED.includes(Action)) seen.push({ name: Actor.Attributes.name.replace(ASIDE, ''), action: Action })
        }
      })
      incoming.on('error', () => undefined)
      resolve()
    })
    outgoing.end()
  })
  const count = (name: string, action: string): number =>
    seen.filter((event) => event.name === name && event.action === action).length
  return {
    acts(name) {
      const [reboot, create] = [count(name, 'restart'), count(name, 'create')]
      // Restarts and new containers start too, which is no act of its own.
      return { reboot, create, start: count(name, 'start') - reboot - create, unpause: count(name, 'unpause') }
    },
    all: () => seen.map(({ name, action }) => `${name} ${action}`),
    stop: () => outgoing.destroy(),
  }
}

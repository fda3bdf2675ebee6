import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { PROVIDERS } from '../../../src/cloudprovider/registry.ts'
import type { CloudFixture } from '../../contract/cloud-provider.ts'
import { nodeOf } from '../docker/docker-machines.ts'
import { json, serve } from '../serve.ts'
import { testDeps } from './virsh-park.ts'

interface System {
  UUID: string
  PowerState: 'On' | 'Off'
  AssetTag: string
  LastResetTime: string
}

const FILE = resolve('examples/providers/redfish.mjs')

/** The module of examples/, and BMCs that speak as much Redfish as it needs, on one port. */
export async function redfishFixture(t: Test): Promise<CloudFixture> {
  const systems = new Map<string, System>()
  const machines: Record<string, string> = {}
  let acts: string[] = []
  let resets = 0
  const restart = (system: System): void => {
    resets += 1
    system.LastResetTime = new Date(Date.UTC(2026, 0, 1) + resets * 1_000).toISOString()
    system.PowerState = 'On'
  }
  const origin = await serve(t, async (request, response) => {
    const [, name = '', action] = /^\/redfish\/v1\/Systems\/([^/]+)(\/Actions\/.+)?$/.exec(request.url ?? '') ?? []
    const system = systems.get(name)
    if (system === undefined) return json(response, 404, {})
    if (action === undefined) return json(response, 200, system)
    let body = ''
    for await (const chunk of request) body += chunk
    const { ResetType } = JSON.parse(body)
    acts.push(`${ResetType} ${name}`)
    if ((ResetType === 'On') === (system.PowerState === 'On')) return json(response, 409, {})
    restart(system)
    response.writeHead(204).end()
  })
  return {
    repairs: [
      { rung: 'start', from: 'off' },
      { rung: 'reboot-hard', from: 'running' },
    ],
    provider: () =>
      PROVIDERS.get('module')!.create(
        {
          file: FILE,
          options: { cluster: 'mine', machines },
          also: ['members'],
          scheme: 'redfish',
          timeout: '9s',
          settle: '0s',
        },
        testDeps,
      ),
    async create(name) {
      const system: System = { UUID: `uuid-${name}`, PowerState: 'On', AssetTag: 'mine', LastResetTime: '' }
      restart(system)
      systems.set(name, system)
      machines[name] = `${origin}/redfish/v1/Systems/${name}`
      return nodeOf(name, `redfish://${name}`)
    },
    async breakIt({ name }, fault) {
      const system = systems.get(name)
      if (system === undefined) throw new Error(name)
      if (fault === 'gone') systems.delete(name)
      if (fault === 'foreign') system.AssetTag = 'theirs'
      if (fault === 'off') system.PowerState = 'Off'
    },
    async mutations() {
      const seen = acts
      acts = []
      return seen
    },
    sleep: (ms) => delay(Math.min(ms, 20)),
  }
}

// @ts-check
// Machines are bare metal whose BMCs speak Redfish; those of the cluster have its name as their asset tag. Rungs: start,
// reboot-soft, reboot-hard. In heald's configuration:
//
//   cloudProvider: module
//   module:
//     file: /opt/heald/redfish.mjs
//     options:
//       cluster: CLUSTER
//       tokenFile: /etc/heald/redfish/token
//       machines: {worker-1: 'https://bmc-1.example/redfish/v1/Systems/1'}
//     scheme: redfish
//     also: [members]
//
// docs/providers.md walks through it.
import { readFile } from 'node:fs/promises'

/** @typedef {{ cluster: string, tokenFile?: string, machines: Record<string, string> }} Options */

/** @type {Record<string, import('heald/plugin').Power>} */
const POWERS = { On: 'running', Off: 'off', PoweringOn: 'moving', PoweringOff: 'moving', Paused: 'paused' }
/** What a rung asks the BMC for. */
const RESETS = { start: 'On', 'reboot-soft': 'GracefulRestart', 'reboot-hard': 'ForceRestart' }

/** heald reads `kind` and `effect` of what is thrown; 'none' says that nothing has changed. */
class Refused extends Error {
  effect = 'none'
  /** @param {import('heald/plugin').ProviderErrorKind} kind @param {string} message */
  constructor(kind, message) {
    super(message)
    this.kind = kind
  }
}

/** @type {import('heald/plugin').ProviderModule['createProvider']} */
export function createProvider(given) {
  const { cluster, tokenFile, machines } = /** @type {Options} */ (given)

  /** @param {string} url @param {RequestInit} init */
  async function ask(url, init) {
    const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim()
    const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { 'x-auth-token': token }) }
    return fetch(url, { ...init, headers, redirect: 'error' })
  }

  /** The system behind a BMC; undefined when the BMC says that there is none. @param {string} name @param {AbortSignal} signal */
  async function read(name, signal) {
    const url = machines[name]
    if (url === undefined) return undefined
    const response = await ask(url, { signal })
    if (response.status === 404) return undefined
    if (!response.ok)
      throw new Refused(response.status === 401 ? 'unauthorized' : 'unavailable', `HTTP ${response.status}`)
    const { UUID, PowerState, AssetTag, LastResetTime } = await response.json()
    return { id: UUID, power: POWERS[PowerState] ?? 'unknown', isOwn: AssetTag === cluster, bootMark: LastResetTime }
  }

  /** The system of a reference, after identity and asset tag have been compared. @param {import('heald/plugin').InstanceRef} ref @param {AbortSignal} signal */
  async function readOwn(ref, signal) {
    const system = await read(ref.name, signal)
    if (system === undefined || system.id !== ref.id) return undefined
    if (system.isOwn) return system
    throw new Refused('invalid', `system ${ref.name} is not of cluster ${cluster}`)
  }

  return {
    async locate(node, signal) {
      const { providerID, name } = node
      if (providerID !== undefined && !providerID.startsWith('redfish://'))
        return { mismatch: `${providerID} is no system` }
      const machine = providerID?.slice('redfish://'.length) ?? name
      const system = await read(machine, signal)
      if (system === undefined) return { gone: true, slot: false }
      return system.isOwn
        ? { found: { id: system.id, name: machine } }
        : { mismatch: `${machine} is not of ${cluster}` }
    },

    async inspect(instance, signal) {
      const system = await readOwn(instance, signal)
      if (system === undefined) throw new Refused('not-found', `no system ${instance.name}`)
      const { power, bootMark } = system
      const hold = /** @type {const} */ ({ verdict: 'hold', reason: 'StateUnknown' })
      const start =
        power === 'off' ? { verdict: /** @type {const} */ ('ok') } : power === 'running' ? SKIP('AlreadyRunning') : hold
      const reboot =
        power === 'running' ? { verdict: /** @type {const} */ ('ok') } : power === 'off' ? SKIP('NotRunning') : hold
      return {
        power,
        provenStopped: power === 'off',
        bootMark,
        plans: [
          { rung: 'start', ...start },
          { rung: 'reboot-soft', ...reboot },
          { rung: 'reboot-hard', ...reboot },
        ],
      }
    },

    async look(order, cursor, signal) {
      const effect = cursor === undefined ? 'none' : 'maybe'
      const system = await readOwn(order.instance, signal)
      if (system === undefined) return { next: { state: 'failed', reason: 'InstanceGone', effect } }
      const isRenewed = system.bootMark !== order.bootMark
      if (system.power === 'moving')
        return { next: { state: 'running', cursor: cursor ?? { at: 'wait' }, againMs: 1_000 } }
      if (isRenewed && system.power === 'running') return { next: { state: 'done' } }
      const from = order.rung === 'start' ? 'off' : 'running'
      if (!(order.rung in RESETS) || system.power !== from || isRenewed) {
        return { next: { state: 'failed', reason: 'NotPossible', effect } }
      }
      return { next: { act: { at: 'reset' }, first: 'now' } }
    },

    async perform(_act, order, signal) {
      const url = `${machines[order.instance.name]}/Actions/ComputerSystem.Reset`
      const body = JSON.stringify({ ResetType: RESETS[/** @type {keyof typeof RESETS} */ (order.rung)] })
      // What fetch throws, and a 5xx, may have arrived: they stay "maybe". A 4xx is a refusal.
      const response = await ask(url, { method: 'POST', body, signal })
      if (response.status >= 500) throw new Error(`HTTP ${response.status}`)
      if (!response.ok) throw new Refused(response.status === 409 ? 'conflict' : 'invalid', `HTTP ${response.status}`)
      return {}
    },

    async members(signal) {
      const found = await Promise.all(
        Object.keys(machines).map(async (name) => ({ name, system: await read(name, signal) })),
      )
      return {
        members: found.flatMap(({ name, system }) =>
          system?.isOwn
            ? [{ ref: { id: system.id, name }, role: 'worker', power: system.power, nodeName: name, addresses: [] }]
            : [],
        ),
      }
    },
  }
}

/** @param {string} reason */
function SKIP(reason) {
  return { verdict: /** @type {const} */ ('skip'), reason }
}

import { randomUUID } from 'node:crypto'

export interface FakeServer {
  id: string
  name: string
  status: string
  task: string | null
  power: number
  image: string
  addresses: readonly string[]
  updated: string
  created: string
  locked: boolean
  fault: string | undefined
  console: string
  actions: { action: string; request_id: string }[]
  volumes: { volumeId: string; device: string }[]
}

export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** So many ticks until what was begun is done. */
const TICKS = 2

/** Nova as far as a healer sees it: states and refusals as recorded from a real one. */
export class FakeNova {
  readonly servers = new Map<string, FakeServer>()
  limits: Record<string, number> = { maxTotalInstances: 100, totalInstancesUsed: 6 }
  /** Reboots and stops that never end: the compute host is dead. */
  deadHost = false
  now: () => number = Date.now
  #pending: { ticks: number; run: () => void }[] = []

  boot(name: string, addresses: readonly string[] = []): FakeServer {
    const server: FakeServer = {
      id: randomUUID(),
      name,
      status: 'ACTIVE',
      task: null,
      power: 1,
      image: 'image',
      addresses,
      updated: new Date(this.now()).toISOString(),
      created: new Date(this.now()).toISOString(),
      locked: false,
      fault: undefined,
      console: 'login:',
      actions: [{ action: 'create', request_id: `req-${randomUUID()}` }],
      volumes: [],
    }
    this.servers.set(server.id, server)
    return server
  }

  later(run: () => void, ticks = TICKS): void {
    this.#pending.push({ ticks, run })
  }

  tick(): void {
    const due = this.#pending.filter((one) => --one.ticks <= 0)
    this.#pending = this.#pending.filter((one) => one.ticks > 0)
    for (const { run } of due) run()
  }

  handle(method: string, path: string, body: unknown): Reply {
    if (path === '/limits') return { status: 200, body: { limits: { absolute: this.limits } } }
    if (path === '/servers/detail') return { status: 200, body: { servers: [...this.servers.values()].map(shown) } }
    const [, id = '', rest = ''] = /^\/servers\/([^/]+)(.*)$/.exec(path) ?? []
    const server = this.servers.get(id)
    if (server === undefined) {
      return { status: 404, body: { itemNotFound: { code: 404, message: `Instance ${id} could not be found.` } } }
    }
    if (method === 'GET' && rest === '') return { status: 200, body: { server: shown(server) } }
    if (method === 'GET' && rest === '/os-instance-actions') {
      return { status: 200, body: { instanceActions: server.actions } }
    }
    if (method === 'GET' && rest === '/os-volume_attachments') {
      return { status: 200, body: { volumeAttachments: server.volumes } }
    }
    if (method === 'DELETE') return this.#detach(server, rest.split('/').at(-1) ?? '')
    if (rest === '/os-volume_attachments') return this.#attach(server, body)
    return this.#act(server, body as Record<string, unknown>)
  }

  #act(server: FakeServer, body: Record<string, unknown>): Reply {
    if ('os-getConsoleOutput' in body) return { status: 200, body: { output: server.console } }
    if (server.locked) return conflict(`Instance ${server.id} is locked`)
    if ('reboot' in body) {
      const hard = (body.reboot as { type: string }).type === 'HARD'
      const from = hard ? ['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR', 'REBOOT'] : ['ACTIVE']
      return this.#begin(
        server,
        'reboot',
        hard ? 'rebooting_hard' : 'rebooting',
        hard ? 'HARD_REBOOT' : 'REBOOT',
        from,
        'ACTIVE',
      )
    }
    if ('os-start' in body) return this.#begin(server, 'start', 'powering-on', 'SHUTOFF', ['SHUTOFF'], 'ACTIVE')
    return this.#begin(server, 'stop', 'powering-off', server.status, ['ACTIVE', 'ERROR'], 'SHUTOFF')
  }

  #begin(server: FakeServer, action: string, task: string, during: string, from: readonly string[], to: string): Reply {
    if (server.task !== null && !(task === 'rebooting_hard' && server.task.startsWith('reboot'))) {
      return conflict(`Cannot '${action}' instance ${server.id} while it is in task_state ${server.task}`)
    }
    if (!from.includes(server.status)) {
      return conflict(`Cannot '${action}' instance ${server.id} while it is in vm_state ${server.status.toLowerCase()}`)
    }
    server.actions.unshift({ action, request_id: `req-${randomUUID()}` })
    server.task = task
    server.status = during
    server.updated = new Date(this.now()).toISOString()
    if (this.deadHost) return { status: 202 }
    this.later(() => {
      server.task = null
      server.status = to
      server.power = to === 'ACTIVE' ? 1 : 4
      server.updated = new Date(this.now()).toISOString()
    })
    return { status: 202 }
  }

  #attach(server: FakeServer, body: unknown): Reply {
    const { volumeId } = (body as { volumeAttachment: { volumeId: string } }).volumeAttachment
    server.volumes.push({ volumeId, device: `/dev/vd${String.fromCharCode(99 + server.volumes.length)}` })
    return { status: 200, body: { volumeAttachment: { volumeId } } }
  }

  #detach(server: FakeServer, volume: string): Reply {
    if (!server.volumes.some(({ volumeId }) => volumeId === volume)) {
      return { status: 404, body: { itemNotFound: { code: 404, message: `volume_id not found: ${volume}` } } }
    }
    if (server.status === 'ERROR' || server.task !== null) {
      return conflict(`Cannot 'detach_volume' instance ${server.id} while it is in vm_state error`)
    }
    this.later(() => {
      server.volumes = server.volumes.filter(({ volumeId }) => volumeId !== volume)
    }, 1)
    return { status: 202 }
  }
}

function conflict(message: string): Reply {
  return { status: 409, body: { conflictingRequest: { code: 409, message } } }
}

function shown(server: FakeServer): object {
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    'OS-EXT-STS:task_state': server.task,
    'OS-EXT-STS:power_state': server.power,
    'os-extended-volumes:volumes_attached': server.volumes.map(({ volumeId }) => ({ id: volumeId })),
    image: server.image === '' ? '' : { id: server.image },
    flavor: { vcpus: 1, ram: 512, disk: 1 },
    addresses: { net: server.addresses.map((addr) => ({ addr, version: 4 })) },
    updated: server.updated,
    created: server.created,
    locked: server.locked,
    ...(server.fault === undefined ? {} : { fault: { code: 500, message: server.fault } }),
  }
}

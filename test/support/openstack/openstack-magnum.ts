import { randomUUID } from 'node:crypto'
import type { FakeHeat, FakeStack } from './openstack-heat.ts'
import type { FakeNova, Reply } from './openstack-nova.ts'

export interface FakeGroup {
  readonly uuid: string
  readonly name: string
  readonly role: 'master' | 'worker'
  readonly stack: FakeStack
  count: number
  min: number
  max: number | null
  status: string
}

/** Magnum as far as a healer sees it: casts that answer before anything happens, and polls Heat only while it updates. */
export class FakeMagnum {
  readonly uuid = randomUUID()
  readonly name = 'c1'
  labels: Record<string, string> = { auto_healing_enabled: 'true' }
  status = 'CREATE_COMPLETE'
  maxVersion = 10
  stackId: string
  userId = 'user-1'
  updatedAt = '2026-11-20T20:32:35+00:00'
  health: string | null = null
  healthReason: unknown = {}
  faults: Record<string, string> | undefined
  groups: FakeGroup[]
  /** Ticks between an accepted resize and its beginning. */
  lagTicks = 0
  readonly #heat: FakeHeat
  readonly #nova: FakeNova

  constructor(heat: FakeHeat, nova: FakeNova, stack: FakeStack) {
    this.#heat = heat
    this.#nova = nova
    this.stackId = stack.id
    const group = (name: string, role: 'master' | 'worker'): FakeGroup => {
      return { uuid: randomUUID(), name, role, stack, count: 0, min: 0, max: null, status: 'CREATE_COMPLETE' }
    }
    this.groups = [group('default-master', 'master'), group('default-worker', 'worker')]
  }

  handle(method: string, path: string, version: number, body: unknown): Reply {
    const headers = { 'openstack-api-maximum-version': `container-infra 1.${this.maxVersion}` }
    if (version > this.maxVersion) {
      const error = {
        code: 'magnum.microversion-unsupported',
        title: 'unsupported',
        description: `Version 1.${version}`,
      }
      return { status: 406, body: { errors: [error] }, headers }
    }
    return { headers, ...this.#answer(method, path, version, body) }
  }

  #answer(method: string, path: string, version: number, body: unknown): Reply {
    const [, ref = '', rest = ''] = /^\/clusters\/([^/]+)(.*)$/.exec(path) ?? []
    if (ref !== this.uuid && ref !== this.name) return refused(404, `Cluster ${ref} could not be found.`)
    if (rest === '/actions/resize') return version < 7 ? refused(406, 'resize') : this.#resize(body)
    if (rest === '/nodegroups')
      return { status: 200, body: { nodegroups: this.groups.map((group) => this.#group(group, false)) } }
    if (rest.startsWith('/nodegroups/')) {
      const group = this.#named(rest.slice('/nodegroups/'.length))
      return group === undefined
        ? refused(404, 'Nodegroup could not be found.')
        : { status: 200, body: this.#group(group, true) }
    }
    if (method === 'PATCH') return this.#patch(body)
    const id = version >= 13 ? { cluster_id: this.stackId } : { stack_id: this.stackId }
    return {
      status: 200,
      body: {
        ...id,
        uuid: this.uuid,
        name: this.name,
        status: this.status,
        status_reason: null,
        labels: this.labels,
        user_id: this.userId,
        health_status: this.health,
        health_status_reason: this.healthReason,
        updated_at: this.updatedAt,
        ...(this.faults === undefined ? {} : { faults: this.faults }),
      },
    }
  }

  #resize(body: unknown): Reply {
    const {
      node_count: count,
      nodes_to_remove: remove = [],
      nodegroup = 'default-worker',
    } = body as {
      node_count: number
      nodes_to_remove?: string[]
      nodegroup?: string
    }
    const group = this.#named(nodegroup)
    if (group === undefined) return refused(404, `Nodegroup ${nodegroup} could not be found.`)
    if (group.role === 'master') return refused(400, 'Resizing a master nodegroup is not supported.')
    if (count < group.min || (group.max !== null && count > group.max)) {
      return refused(400, `Resizing ${group.name} outside the allowed range`)
    }
    const begin = (): void => {
      if (!/_COMPLETE$/.test(this.status) && this.status !== 'UPDATE_FAILED' && this.status !== 'UPDATE_IN_PROGRESS')
        return
      group.count = count
      group.status = 'UPDATE_IN_PROGRESS'
      this.status = 'UPDATE_IN_PROGRESS'
      this.faults = undefined
      this.#heat.resize(group.stack, count, remove)
      this.#poll(group)
    }
    if (this.lagTicks === 0) begin()
    else this.#nova.later(begin, this.lagTicks)
    return { status: 202, body: { uuid: this.uuid } }
  }

  #poll(group: FakeGroup): void {
    this.#nova.later(() => {
      if (/_IN_PROGRESS$/.test(group.stack.status)) return this.#poll(group)
      group.status = group.stack.status
      this.status = group.stack.status
      if (group.stack.status === 'UPDATE_FAILED') this.faults = { [group.name]: group.stack.reason }
    }, 1)
  }

  #patch(body: unknown): Reply {
    for (const { path, value } of body as { path: string; value: unknown }[]) {
      if (typeof value !== 'string') return refused(400, 'Wrong type.')
      if (path === '/health_status') this.health = value
      else if (path === '/health_status_reason') this.healthReason = JSON.parse(value)
      else return refused(400, `cannot change cluster property(ies) ${path}`)
    }
    return { status: 202, body: { uuid: this.uuid } }
  }

  #named(ref: string): FakeGroup | undefined {
    return this.groups.find(({ name, uuid }) => name === ref || uuid === ref)
  }

  #group(group: FakeGroup, full: boolean): object {
    const kind = group.role === 'master' ? 'kube_masters' : 'kube_minions'
    const slots = group.stack.slots.filter((slot) => slot.kind === kind)
    const more = {
      min_node_count: group.min,
      max_node_count: group.max,
      node_addresses: slots.map(({ index }) => `10.0.${group.role === 'master' ? 1 : 2}.${index}`),
    }
    return {
      uuid: group.uuid,
      name: group.name,
      role: group.role,
      node_count: group.count,
      status: group.status,
      stack_id: group.stack.id,
      ...(full ? more : {}),
    }
  }
}

function refused(status: number, detail: string): Reply {
  return { status, body: { errors: [{ request_id: '', code: 'client', status, title: detail, detail, links: [] }] } }
}

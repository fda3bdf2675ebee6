import { randomUUID } from 'node:crypto'
import type { FakeNova, FakeServer, Reply } from './openstack-nova.ts'

export type Kind = 'kube_masters' | 'kube_minions'

export interface Leaf {
  name: string
  type: string
  physical: string
  status: string
  reason: string
}

/** One machine of a group: a nested stack of its own. */
export interface Slot {
  readonly kind: Kind
  readonly index: number
  readonly id: string
  readonly leaves: Leaf[]
}

export interface FakeStack {
  readonly id: string
  readonly name: string
  status: string
  reason: string
  updated: string | null
  readonly parameters: Record<string, string>
  slots: Slot[]
}

/** Heat as far as a healer sees it: marks, updates that replace what is marked, groups with removal policies. */
export class FakeHeat {
  readonly stacks = new Map<string, FakeStack>()
  /** What becomes of the next updates. */
  outcome: 'ok' | 'failed' | 'ignored' = 'ok'
  readonly #nova: FakeNova
  readonly #origin: () => string
  #clock = Date.parse('2026-11-20T20:00:00Z')
  #revision = 0

  constructor(nova: FakeNova, origin: () => string) {
    this.#nova = nova
    this.#origin = origin
  }

  create(name: string): FakeStack {
    const stack: FakeStack = {
      id: randomUUID(),
      name,
      status: 'CREATE_COMPLETE',
      reason: 'Stack CREATE completed successfully',
      updated: null,
      parameters: { minions_to_remove: '' },
      slots: [],
    }
    this.stacks.set(stack.id, stack)
    return stack
  }

  addSlot(stack: FakeStack, kind: Kind): { slot: Slot; server: FakeServer } {
    const indices = stack.slots.filter((slot) => slot.kind === kind).map(({ index }) => index)
    const index = Math.max(-1, Number(stack.parameters[`highest_${kind}`] ?? -1), ...indices) + 1
    stack.parameters[`highest_${kind}`] = String(index)
    const word = kind === 'kube_masters' ? 'master' : 'node'
    const server = this.#nova.boot(`${stack.name}-${word}-${index}`, [
      `10.0.${kind === 'kube_masters' ? 1 : 2}.${index}`,
    ])
    const name = kind === 'kube_masters' ? 'kube-master' : 'kube-minion'
    const slot = { kind, index, id: randomUUID(), leaves: [leaf(name, 'OS::Nova::Server', server.id)] }
    stack.slots.push(slot)
    return { slot, server }
  }

  slotOf(serverId: string): { stack: FakeStack; slot: Slot } | undefined {
    for (const stack of this.stacks.values()) {
      const slot = stack.slots.find(({ leaves }) => leaves.some(({ physical }) => physical === serverId))
      if (slot !== undefined) return { stack, slot }
    }
    return undefined
  }

  /** As Magnum's driver asks for it: the same number, without these. */
  resize(stack: FakeStack, count: number, remove: readonly string[]): void {
    if (remove.length > 0) stack.parameters.minions_to_remove = remove.join(',')
    this.update(stack, () => {
      const isNamed = (slot: Slot): boolean =>
        remove.includes(String(slot.index)) || slot.leaves.some(({ physical }) => remove.includes(physical))
      const minions = stack.slots.filter((slot) => slot.kind === 'kube_minions')
      for (const slot of minions.filter(isNamed)) this.#drop(stack, slot)
      while (stack.slots.filter((slot) => slot.kind === 'kube_minions').length < count)
        this.addSlot(stack, 'kube_minions')
      for (const slot of stack.slots.filter((one) => one.kind === 'kube_minions').slice(count)) this.#drop(stack, slot)
    })
  }

  update(stack: FakeStack, change: () => void = () => undefined): void {
    const { outcome } = this
    const revision = ++this.#revision
    this.#clock += 1_000
    stack.updated = new Date(this.#clock).toISOString().replace('.000Z', 'Z')
    stack.status = 'UPDATE_IN_PROGRESS'
    stack.reason = 'Stack UPDATE started'
    this.#nova.later(() => {
      if (revision !== this.#revision && stack.status !== 'UPDATE_IN_PROGRESS') return
      if (outcome === 'ok') {
        change()
        for (const slot of stack.slots) this.#renew(slot)
      }
      stack.status = outcome === 'failed' ? 'UPDATE_FAILED' : 'UPDATE_COMPLETE'
      stack.reason = outcome === 'failed' ? 'No valid host was found' : 'Stack UPDATE completed successfully'
    }, 3)
  }

  #renew(slot: Slot): void {
    for (const one of slot.leaves) {
      if (!/_FAILED$/.test(one.status)) continue
      if (one.type === 'OS::Nova::Server') {
        const old = this.#nova.servers.get(one.physical)
        this.#nova.servers.delete(one.physical)
        one.physical = this.#nova.boot(old?.name ?? 'unknown', old?.addresses).id
      } else {
        one.physical = randomUUID()
      }
      one.status = 'CREATE_COMPLETE'
      one.reason = 'state changed'
    }
  }

  #drop(stack: FakeStack, slot: Slot): void {
    stack.slots = stack.slots.filter((one) => one !== slot)
    for (const { type, physical } of slot.leaves) if (type === 'OS::Nova::Server') this.#nova.servers.delete(physical)
  }

  handle(method: string, path: string, query: string, body: unknown): Reply {
    const [, ref = '', id, rest = ''] = /^\/stacks\/([^/]+)(?:\/([^/]+)(.*))?$/.exec(path) ?? []
    if (id === undefined) {
      const stack = this.stacks.get(ref)
      if (stack === undefined) return missing(`The Stack (${ref}) could not be found.`)
      // The host is wrong on purpose: whoever follows it, loses.
      const location = `http://127.0.0.1:1/v1/p/stacks/${stack.name}/${stack.id}${query}`
      return { status: 302, headers: { location }, body: { code: '302 Found' } }
    }
    if (method === 'PATCH' && rest.startsWith('/resources/'))
      return this.#mark(id, rest.slice('/resources/'.length), body)
    const stack = this.stacks.get(id)
    if (stack === undefined) return missing(`The Stack (${id}) could not be found.`)
    if (method === 'PATCH') {
      if (/_IN_PROGRESS$/.test(stack.status)) return inProgress(stack.name)
      this.update(stack)
      return { status: 202, body: { code: '202 Accepted' } }
    }
    if (rest === '/resources') return { status: 200, body: { resources: this.#list(stack) } }
    const { id: stackId, name, status, reason, updated, parameters } = stack
    const shown = {
      id: stackId,
      stack_name: name,
      stack_status: status,
      stack_status_reason: reason,
      updated_time: updated,
    }
    return { status: 200, body: { stack: { ...shown, parameters } } }
  }

  #mark(slotId: string, name: string, body: unknown): Reply {
    const { mark_unhealthy, resource_status_reason } = body as {
      mark_unhealthy: boolean
      resource_status_reason: string
    }
    for (const { slots } of this.stacks.values()) {
      const found = slots
        .find(({ id }) => id === slotId)
        ?.leaves.find((one) => one.name === name || one.physical === name)
      if (found === undefined) continue
      found.status = mark_unhealthy ? 'CHECK_FAILED' : 'CHECK_COMPLETE'
      found.reason = resource_status_reason
      return { status: 200, body: null }
    }
    return missing(`The Resource (${name}) could not be found.`)
  }

  #list(stack: FakeStack): object[] {
    const href = (name: string, id: string): string => `${this.#origin()}/heat/v1/p/stacks/${name}/${id}`
    const own = href(stack.name, stack.id)
    const kinds = [...new Set(stack.slots.map(({ kind }) => kind))]
    const groups = kinds.map((kind) => ({ kind, at: href(`${stack.name}-${kind}`, `${stack.id}-${kind}`) }))
    return [
      ...groups.map(({ kind, at }) => shownLeaf(leaf(kind, 'OS::Heat::ResourceGroup', at), [own, at])),
      ...stack.slots.flatMap((slot) => {
        const group = groups.find(({ kind }) => kind === slot.kind)?.at ?? ''
        const at = href(`${stack.name}-${slot.kind}-${slot.index}`, slot.id)
        const holder = shownLeaf(leaf(String(slot.index), 'file:///minion.yaml', slot.id), [group, at], slot.kind)
        return [holder, ...slot.leaves.map((one) => shownLeaf(one, [at], String(slot.index)))]
      }),
    ]
  }
}

export function leaf(name: string, type: string, physical: string): Leaf {
  return { name, type, physical, status: 'CREATE_COMPLETE', reason: 'state changed' }
}

function shownLeaf(one: Leaf, [stack = '', nested]: readonly string[], parent?: string): object {
  return {
    resource_name: one.name,
    logical_resource_id: one.name,
    physical_resource_id: one.physical,
    resource_status: one.status,
    resource_status_reason: one.reason,
    resource_type: one.type,
    ...(parent === undefined ? {} : { parent_resource: parent }),
    links: [
      { rel: 'self', href: `${stack}/resources/${one.name}` },
      { rel: 'stack', href: stack },
      ...(nested === undefined ? [] : [{ rel: 'nested', href: nested }]),
    ],
  }
}

function missing(message: string): Reply {
  return {
    status: 404,
    body: { code: 404, title: 'Not Found', explanation: 'gone', error: { type: 'EntityNotFound', message } },
  }
}

function inProgress(name: string): Reply {
  const message = `Stack ${name} already has an action (UPDATE) in progress.`
  return {
    status: 409,
    body: { code: 409, title: 'Conflict', explanation: 'busy', error: { type: 'ActionInProgress', message } },
  }
}

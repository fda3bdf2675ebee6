import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { ActSignal } from '../../contract/act-signal.ts'
import { type Resource, ResourcesAnswer, type Stack, StackAnswer } from '../schema/answers.ts'
import type { Service } from './service.ts'

/** Deeper than any of Magnum's templates; Heat cuts it at its own limit. */
const DEPTH = 4

export interface StackRef {
  readonly name: string
  readonly id: string
}

export interface Heat {
  /** False: no endpoint in the catalog. */
  available(signal: AbortSignal): Promise<boolean>
  stack(id: string, signal: AbortSignal): Promise<Stack | undefined>
  /** Undefined: it is gone. */
  ref(id: string, signal: AbortSignal): Promise<StackRef | undefined>
  resources(stack: StackRef, signal: AbortSignal): Promise<readonly Resource[]>
  /** `unhealthy` true: replaced with the next update of the stack, whoever asks for it. */
  mark(stack: StackRef, resource: string, unhealthy: boolean, reason: string, signal: ActSignal): Promise<void>
  /** An update without a change: replaces what is marked, and everything else that failed. */
  update(stack: StackRef, signal: ActSignal): Promise<void>
}

export function createHeat(service: Service): Heat {
  /** By id. The names never change. */
  const names = new Map<string, string>()

  /** Heat answers an id with a redirect to its name; the token must not follow one, and its host may be wrong. */
  async function nameOf(id: string, signal: AbortSignal): Promise<string | undefined> {
    const known = names.get(id)
    if (known !== undefined) return known
    const answer = await service.get({ path: `/stacks/${encodeURIComponent(id)}` }, signal)
    if (answer.status === 404) return undefined
    const direct = StackAnswer.safeParse(answer.body)
    const location = answer.headers.location
    const name = direct.success
      ? direct.data.stack.stack_name
      : stackOf(typeof location === 'string' ? location : '')?.name
    if (name === undefined) {
      throw new ProviderError('invalid', 'none', `openstack: heat: GET /stacks/${id}: ${answer.status} without a stack`)
    }
    names.set(id, name)
    return name
  }

  return {
    available: async (signal) => (await service.endpoint(signal)) !== undefined,
    async stack(id, signal) {
      const name = await nameOf(id, signal)
      if (name === undefined) return undefined
      // Outputs are expensive and not ours to see.
      const answer = await service.read({ path: `${path({ name, id })}?resolve_outputs=false` }, StackAnswer, signal)
      return answer?.stack
    },
    async ref(id, signal) {
      const name = await nameOf(id, signal)
      return name === undefined ? undefined : { name, id }
    },
    async resources(stack, signal) {
      const answer = await service.read(
        { path: `${path(stack)}/resources?nested_depth=${DEPTH}` },
        ResourcesAnswer,
        signal,
      )
      return answer?.resources ?? []
    },
    async mark(stack, resource, unhealthy, reason, signal) {
      const body = { mark_unhealthy: unhealthy, resource_status_reason: reason }
      const at = `${path(stack)}/resources/${encodeURIComponent(resource)}`
      await service.change({ method: 'PATCH', path: at, body }, signal)
    },
    async update(stack, signal) {
      await service.change({ method: 'PATCH', path: path(stack), body: {} }, signal)
    },
  }
}

function path({ name, id }: StackRef): string {
  return `/stacks/${encodeURIComponent(name)}/${encodeURIComponent(id)}`
}

/** The stack that an address of Heat's is about. */
export function stackOf(href: string): StackRef | undefined {
  const [, name, id] = /\/stacks\/([^/?]+)\/([^/?]+)/.exec(href) ?? []
  if (name === undefined || id === undefined) return undefined
  return { name: decodeURIComponent(name), id: decodeURIComponent(id) }
}

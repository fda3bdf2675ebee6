import type { z } from 'zod'
import type { Json, Millis } from '../../../core/model/primitives.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Log } from '../../../core/ports/log.ts'
import { type ActSignal, refuseLate } from '../../contract/act-signal.ts'
import type { Login, Session } from '../auth/auth.ts'
import { describeMissing, type Endpoint, findEndpoint, type Place, type ServiceName } from '../auth/catalog.ts'
import type { Request } from '../auth/exchange.ts'
import { type Answer, type Http, pathOf, refusal, wrongAnswer } from '../auth/http.ts'

export interface Call {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Change extends Call {
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  readonly body?: Json
}

/** The API of one service at the endpoint that the catalog names. A 401 is tried once more with a new token. */
export interface Service {
  readonly name: ServiceName
  /** Undefined when the catalog has none. */
  endpoint(signal: AbortSignal): Promise<Endpoint | undefined>
  /** Why the catalog has none, in words; undefined when it has one. */
  missing(signal: AbortSignal): Promise<string | undefined>
  /** Undefined when there is no such thing (404). With a body the question is put by POST, and changes nothing either. */
  read<T>(call: Call & { readonly body?: Json }, shape: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined>
  /** Any status is an answer. */
  get(call: Call, signal: AbortSignal): Promise<Answer>
  /** One mutating request. */
  change(change: Change, signal: ActSignal): Promise<Answer>
  /** The service's own time, as its last answer had it. */
  now(): Millis | undefined
}

type Sent = Call & Pick<Request, 'body' | 'asks'>

export interface ServiceOptions {
  readonly name: ServiceName
  readonly session: Session
  readonly http: Http
  readonly log: Log
}

export function createService({ name, session, http, log }: ServiceOptions): Service {
  let date: Millis | undefined

  /** `beforeSent`: may throw, and nothing is sent then. */
  async function send(
    method: Request['method'],
    call: Sent,
    signal: AbortSignal,
    beforeSent = (): void => undefined,
  ): Promise<[Request, Answer]> {
    const first = await session.login(signal)
    const request = requestOf(first, method, call)
    beforeSent()
    const answer = await http.send(request, signal)
    date = answer.date ?? date
    if (answer.status !== 401) return [request, answer]
    // 401 comes before anything else is looked at: nothing has happened.
    const again = requestOf(await session.login(signal, first.token.id), method, call)
    beforeSent()
    const second = await http.send(again, signal)
    date = second.date ?? date
    return [again, second]
  }

  function requestOf(login: Login, method: Request['method'], call: Sent): Request {
    const endpoint = endpointOf(login)
    if (endpoint === undefined) {
      const why = describeMissing(login.token.catalog, name, placeOf(login))
      throw new ProviderError('unsupported', 'none', `openstack: ${name}: ${why}`)
    }
    return {
      service: name,
      method,
      url: endpoint.url + call.path,
      headers: { ...call.headers, 'x-auth-token': login.token.id },
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.asks === undefined ? {} : { asks: call.asks }),
      trust: login.credentials.trust,
    }
  }

  function endpointOf(login: Login): Endpoint | undefined {
    return findEndpoint(login.token.catalog, name, placeOf(login))
  }

  return {
    name,
    async endpoint(signal) {
      return endpointOf(await session.login(signal))
    },
    async missing(signal) {
      const login = await session.login(signal)
      if (endpointOf(login) !== undefined) return undefined
      return describeMissing(login.token.catalog, name, placeOf(login))
    },
    async read(call, shape, signal) {
      const [request, answer] = await (call.body === undefined
        ? send('GET', call, signal)
        : send('POST', { ...call, asks: true }, signal))
      if (answer.status === 404) return undefined
      if (answer.status >= 300) throw refusal(request, answer)
      const parsed = shape.safeParse(answer.body)
      if (parsed.success) return parsed.data
      throw wrongAnswer(request, parsed.error)
    },
    async get(call, signal) {
      const [request, answer] = await send('GET', call, signal)
      if (answer.status >= 400 && answer.status !== 404) throw refusal(request, answer)
      return answer
    },
    async change({ method, ...call }, signal) {
      const what = `openstack: ${name}: ${method} ${call.path}`
      const [request, answer] = await send(method, call, signal, () => refuseLate(what, signal))
      log.info({ service: name, method, path: pathOf(request.url), status: answer.status }, 'OpenStack change')
      if (answer.status >= 300) throw refusal(request, answer)
      return answer
    },
    now: () => date,
  }
}

function placeOf({ token, credentials }: Login): Place {
  return { region: credentials.region, interface: credentials.interface, projectId: token.projectId }
}

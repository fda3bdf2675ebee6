import type { Json } from '../../../core/model/primitives.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { ActSignal } from '../../contract/act-signal.ts'
import {
  ActionsAnswer,
  type Attachment,
  AttachmentsAnswer,
  ConsoleAnswer,
  type Limits,
  LimitsAnswer,
  type Server,
  ServerAnswer,
  ServersAnswer,
} from '../schema/answers.ts'
import type { Service } from './service.ts'

/** 2.9 shows `locked`, 2.47 what the flavor takes; every Nova beside a Magnum that can resize has it (Pike, 2017). */
const VERSION = '2.47'
const HEADERS = { 'openstack-api-version': `compute ${VERSION}`, 'x-openstack-nova-api-version': VERSION }
/** Whatever makes a new run of the machine. */
const BOOTS: ReadonlySet<string> = new Set([
  'create',
  'start',
  'reboot',
  'rebuild',
  'resume',
  'unpause',
  'unshelve',
  'unrescue',
])

export interface Nova {
  readonly region: (signal: AbortSignal) => Promise<string | undefined>
  /** Undefined: gone, also when only its tombstone is left. */
  server(id: string, signal: AbortSignal): Promise<Server | undefined>
  /** Whose names begin so, as far as this project's user may see them. */
  named(prefix: string, signal: AbortSignal): Promise<readonly Server[]>
  /** The request that began the machine's present run. Undefined: Nova remembers none. */
  bootMark(id: string, signal: AbortSignal): Promise<string | undefined>
  attachments(id: string, signal: AbortSignal): Promise<readonly Attachment[]>
  limits(signal: AbortSignal): Promise<Limits>
  console(id: string, lines: number, signal: AbortSignal): Promise<string>
  start(id: string, signal: ActSignal): Promise<void>
  stop(id: string, signal: ActSignal): Promise<void>
  reboot(id: string, type: 'SOFT' | 'HARD', signal: ActSignal): Promise<void>
  attach(id: string, volume: string, signal: ActSignal): Promise<void>
  detach(id: string, volume: string, signal: ActSignal): Promise<void>
  /** Age of a server's last change, by Nova's own clock; undefined when either is unknown. */
  ageOf(server: Server): number | undefined
}

export function createNova(service: Service): Nova {
  const path = (id: string, rest = ''): string => `/servers/${encodeURIComponent(id)}${rest}`
  const act = async (id: string, body: Json, signal: ActSignal): Promise<void> => {
    await service.change({ method: 'POST', path: path(id, '/action'), headers: HEADERS, body }, signal)
  }
  return {
    region: async (signal) => (await service.endpoint(signal))?.region,
    async server(id, signal) {
      const answer = await service.read({ path: path(id), headers: HEADERS }, ServerAnswer, signal)
      const server = answer?.server
      return server === undefined || server.status === 'DELETED' || server.status === 'SOFT_DELETED'
        ? undefined
        : server
    },
    async named(prefix, signal) {
      // Nova takes it for a regular expression.
      const name = encodeURIComponent(`^${prefix.replace(/[^\w-]/g, '.')}`)
      const answer = await service.read(
        { path: `/servers/detail?name=${name}`, headers: HEADERS },
        ServersAnswer,
        signal,
      )
      if ((answer?.servers_links ?? []).length > 0) {
        throw new ProviderError('invalid', 'none', `openstack: nova: the list of servers ${prefix}* is cut short`)
      }
      return (answer?.servers ?? []).filter((server) => server.name.startsWith(prefix))
    },
    async bootMark(id, signal) {
      const answer = await service.read(
        { path: path(id, '/os-instance-actions'), headers: HEADERS },
        ActionsAnswer,
        signal,
      )
      return answer?.instanceActions.find(({ action }) => BOOTS.has(action))?.request_id
    },
    async attachments(id, signal) {
      const answer = await service.read(
        { path: path(id, '/os-volume_attachments'), headers: HEADERS },
        AttachmentsAnswer,
        signal,
      )
      return answer?.volumeAttachments ?? []
    },
    async limits(signal) {
      const answer = await service.read({ path: '/limits', headers: HEADERS }, LimitsAnswer, signal)
      return answer?.limits.absolute ?? {}
    },
    async console(id, lines, signal) {
      const body = { 'os-getConsoleOutput': { length: lines } }
      const call = { path: path(id, '/action'), headers: HEADERS, body }
      return (await service.read(call, ConsoleAnswer.catch({ output: '' }), signal))?.output ?? ''
    },
    start: (id, signal) => act(id, { 'os-start': null }, signal),
    stop: (id, signal) => act(id, { 'os-stop': null }, signal),
    reboot: (id, type, signal) => act(id, { reboot: { type } }, signal),
    async attach(id, volume, signal) {
      const body = { volumeAttachment: { volumeId: volume } }
      await service.change({ method: 'POST', path: path(id, '/os-volume_attachments'), headers: HEADERS, body }, signal)
    },
    async detach(id, volume, signal) {
      const at = path(id, `/os-volume_attachments/${encodeURIComponent(volume)}`)
      await service.change({ method: 'DELETE', path: at, headers: HEADERS }, signal)
    },
    ageOf({ updated }) {
      const now = service.now()
      const at = Date.parse(updated ?? '')
      return now === undefined || Number.isNaN(at) ? undefined : now - at
    },
  }
}

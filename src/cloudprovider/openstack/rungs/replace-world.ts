import type { Order } from '../../../core/model/order.ts'
import { ProviderError } from '../../../core/ports/cloud-provider.ts'
import type { Attachment, Server } from '../schema/answers.ts'
import { etcdTrouble } from '../survey/etcd.ts'
import { type Grounds, isMaster, peersOf } from '../survey/replace-plan.ts'
import { isStuck, readOwn } from '../survey/server.ts'
import { findMember, type Member, membersOf } from '../survey/stack-tree.ts'
import type { Survey, Surveyor, Tools } from '../survey/survey.ts'
import { bootsFromVolume, rootVolume } from '../survey/volumes.ts'
import type { Cursor } from './cursor.ts'

/** One ordered machine as it stands. */
export interface Patient {
  readonly order: Order
  /** Undefined: Nova has forgotten it. */
  readonly server: Server | undefined
  /** Undefined: the stack no longer lists it. */
  readonly member: Member | undefined
  readonly attachments: readonly Attachment[]
  /** Its task has moved nothing for 5 min. */
  readonly stuck: boolean
}

export interface ReplaceWorld {
  readonly survey: Survey
  readonly patients: readonly Patient[]
  /** Members of the same kind that no order is for, and their servers where Nova has been asked. */
  readonly others: readonly { readonly member: Member; readonly server: Server | undefined }[]
  readonly grounds: Grounds
}

/** Everything that a replacement is judged from, read now. */
export async function readReplaceWorld(
  tools: Tools,
  surveyor: Surveyor,
  orders: readonly Order[],
  cursor: Cursor | undefined,
  signal: AbortSignal,
): Promise<ReplaceWorld> {
  const { nova, options } = tools
  const groups = new Set(orders.map(({ instance }) => instance.group))
  if (groups.size !== 1) throw new ProviderError('invalid', 'none', 'openstack: replace: orders of several node groups')
  const ids = orders.map(({ instance }) => instance.id)
  const survey = await surveyor.survey([...groups][0], signal)
  const master = survey.group?.role === 'master'
  const candidates = master ? peersOf(survey, ids) : newMembers(survey, ids, cursor?.index)
  const [patients, others, limits, trouble] = await Promise.all([
    Promise.all(orders.map((order) => readPatient(tools, survey, order, signal))),
    Promise.all(
      candidates.map(async (member) => {
        const id = member.server.physical_resource_id ?? ''
        return { member, server: id === '' ? undefined : await nova.server(id, signal) }
      }),
    ),
    cursor === undefined ? nova.limits(signal) : {},
    cursor === undefined ? etcdTrouble(tools, survey, ids, signal) : undefined,
  ])
  const grounds: Grounds = {
    survey,
    servers: patients.map(({ server }) => server),
    ids,
    limits,
    peers: master ? others.map(({ server }) => server) : [],
    replaceMastersWithoutEtcdVolume: options.replaceMastersWithoutEtcdVolume,
    replaceClusterApiWorkers: options.replaceClusterApiWorkers,
    rootUnknown: patients.some(isRootUnknown),
    etcdTrouble: trouble,
  }
  return { survey, patients, others, grounds }
}

async function readPatient(tools: Tools, survey: Survey, order: Order, signal: AbortSignal): Promise<Patient> {
  const { nova } = tools
  const server = await readOwn(nova, order.instance, signal)
  const hasVolumes = (server?.['os-extended-volumes:volumes_attached'].length ?? 0) > 0
  return {
    order,
    server,
    member: findMember(survey.resources, order.instance.id),
    attachments: hasVolumes ? await nova.attachments(order.instance.id, signal) : [],
    stuck: server !== undefined && isStuck(nova, server),
  }
}

function isRootUnknown({ server, attachments }: Patient): boolean {
  return server !== undefined && bootsFromVolume(server) && rootVolume(server, attachments) === undefined
}

/** Workers that came after the resize: their places are numbered on and on. */
function newMembers(survey: Survey, ids: readonly string[], highest: number | undefined): readonly Member[] {
  if (highest === undefined) return []
  return membersOf(survey.resources)
    .filter(
      (member) =>
        !isMaster(member) && member.index > highest && !ids.includes(member.server.physical_resource_id ?? ''),
    )
    .sort((a, b) => a.index - b.index)
}

export function highestIndex(survey: Survey): number {
  return Math.max(
    -1,
    ...membersOf(survey.resources)
      .filter((member) => !isMaster(member))
      .map(({ index }) => index),
  )
}

/** Is anything of the cluster under way, in Magnum's eyes or Heat's? */
export function isUnderWay({ survey }: ReplaceWorld): boolean {
  const busy = (status: string | null | undefined): boolean => /_IN_PROGRESS$/.test(status ?? '')
  return busy(survey.cluster.status) || busy(survey.group?.status) || busy(survey.stack?.stack_status)
}

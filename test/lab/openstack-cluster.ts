import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Lab, startLab } from './cluster.ts'
import { type Cloud, type CloudUser, OPENSTACK_SCRIPTS, startCloud } from './openstack.ts'
import { LAB } from './paths.ts'
import { until } from './until.ts'

export interface Server {
  readonly id: string
  readonly name: string
  /** `ACTIVE`, `SHUTOFF`, ... */
  readonly status: string
}

/** Words of kubelets.py. */
export type Fault = 'kubelet-dead' | 'sticky' | 'not-ready' | 'api-dead' | 'api-sticky'

/** A Magnum cluster whose servers are nodes of a real Kubernetes control plane. */
export interface OpenStackLab extends Lab {
  readonly cloud: Cloud
  /** Magnum's uuid. */
  readonly clusterId: string
  /** Heat's own name for it: servers are STACK-master-N and STACK-node-N. */
  readonly stack: { readonly name: string; readonly id: string }
  /** By name; those that exist at this moment. */
  servers(): Promise<ReadonlyMap<string, Server>>
  // biome-ignore lint/suspicious/noExplicitAny: as Magnum answers
  magnum(): Promise<any>
  /** Nova's own record of what was done to a server, oldest first: `reboot`, `start`, `stop`, ... without its creation. */
  actions(serverId: string): Promise<readonly string[]>
  /** Of the whole tree: resources that a stack update would replace. */
  marked(): Promise<readonly string[]>
  fault(node: string, ...faults: readonly Fault[]): Promise<void>
  cure(node: string): Promise<void>
  /** Makes a Node look as old as this, which no API lets one do: `check-delay-after-add` of real files is 20 minutes. */
  age(node: string, minutes: number): Promise<void>
}

export interface OpenStackLabOptions {
  readonly name: string
  readonly masters: number
  readonly workers: number
  /** Of the Magnum cluster, beside `auto_healing_enabled`. */
  readonly labels?: Readonly<Record<string, string>>
  readonly zones?: readonly string[]
  /** Heartbeats every 10 s and a grace of 40 s, as clusters have by default, instead of 3 s and 12 s. */
  readonly slow?: boolean
}

const BEAT_SECONDS = { fast: 3, slow: 10 }
const BOOT_SECONDS = 3
let networks = 0

export async function startOpenStackLab(options: OpenStackLabOptions): Promise<OpenStackLab> {
  const { name, masters, workers } = options
  const cloud = await startCloud()
  const starting = startLab({ name, controlPlane: 0, workers: 0, ...(options.slow ? { grace: '40s' } : {}) })
  const creating = cloud.as('demo').then((demo) => createCluster(demo, options))
  const [lab, cluster] = await Promise.all([starting, creating]).catch(async (thrown: unknown) => {
    // What did start would keep the test process alive for ever.
    await starting.then(
      (lab) => lab.stop(),
      () => undefined,
    )
    throw thrown
  })
  const faults = await mkdtemp(join(tmpdir(), 'heald-faults-'))
  const kubelets = startKubelets(options, lab, faults)
  const stop = async (): Promise<void> => {
    kubelets.kill()
    await lab.stop()
    await (await cloud.as('demo')).request('magnum', 'DELETE', `/clusters/${cluster.id}`)
    await rm(faults, { recursive: true })
  }
  try {
    const nodes = await until(
      `${masters + workers} nodes are Ready`,
      async () => {
        const { items } = await lab.must('GET', '/api/v1/nodes')
        const ready = items.filter((node: NodeLike) => isReady(node)).map((node: NodeLike) => node.metadata.name)
        return ready.length === masters + workers ? (ready as string[]).sort() : undefined
      },
      120_000,
    )
    return {
      ...lab,
      ...{ cloud, stop, clusterId: cluster.id, stack: cluster.stack },
      masters: nodes.filter((node) => /-master-\d+$/.test(node)),
      workers: nodes.filter((node) => /-node-\d+$/.test(node)),
      servers: async () => serversOf(await cloud.as('demo'), cluster.stack.name),
      magnum: async () => (await cloud.as('demo')).must('magnum', 'GET', `/clusters/${cluster.id}`),
      async actions(serverId) {
        const demo = await cloud.as('demo')
        const { instanceActions } = await demo.must('nova', 'GET', `/servers/${serverId}/os-instance-actions`)
        return instanceActions
          .map(({ action }: { action: string }) => action)
          .filter((action: string) => action !== 'create')
          .reverse()
      },
      marked: async () => markedIn(await cloud.as('demo'), cluster.stack),
      fault: (node, ...words) => writeFile(join(faults, node), words.join('\n')),
      cure: (node) => rm(join(faults, node), { force: true }),
      age: (node, minutes) => age(lab, node, minutes),
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

interface NodeLike {
  readonly metadata: { readonly name: string }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

function isReady(node: NodeLike): boolean {
  return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

function startKubelets({ name, zones, slow = false }: OpenStackLabOptions, lab: Lab, faults: string): ChildProcess {
  // Each cluster of this process has its own loopback network for its masters' endpoints; so have other processes.
  networks += 1
  const network = `127.${1 + ((process.pid + networks) % 250)}`
  const env = {
    ...process.env,
    ...{
      BEAT_SECONDS: String(slow ? BEAT_SECONDS.slow : BEAT_SECONDS.fast),
      BOOT_SECONDS: String(BOOT_SECONDS),
      NETWORK: network,
    },
    ...(zones === undefined ? {} : { ZONES: zones.join(',') }),
  }
  const log = openSync(join(lab.logs, 'kubelets.log'), 'a')
  const command = `. ${OPENSTACK_SCRIPTS}/env.sh && exec $PY ${OPENSTACK_SCRIPTS}/kubelets.py "$@"`
  const args = ['bash', '-c', command, 'kubelets', `${name}-`, lab.kubeconfig, faults]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...args], { stdio: ['ignore', log, log], env })
  closeSync(log)
  return child
}

async function createCluster(
  demo: CloudUser,
  { name, masters, workers, labels = {} }: OpenStackLabOptions,
): Promise<{ readonly id: string; readonly stack: { readonly name: string; readonly id: string } }> {
  await forget(demo, name)
  const template = await demo.must('magnum', 'POST', '/clustertemplates', {
    ...{ name: `${name}-template`, image_id: 'fake-node', coe: 'kubernetes', master_lb_enabled: true },
    ...{ flavor_id: 'm1.node', master_flavor_id: 'm1.master' },
    labels: { auto_healing_enabled: 'true', auto_healing_controller: 'magnum-auto-healer', ...labels },
  })
  const { uuid: id } = await demo.must('magnum', 'POST', '/clusters', {
    ...{ name, cluster_template_id: template.uuid, node_count: workers, master_count: masters, create_timeout: 10 },
  })
  const stackId: string = await until(
    `Magnum has created ${name}`,
    async () => {
      // The create is a cast: the cluster appears a moment later.
      const { status, body } = await demo.request('magnum', 'GET', `/clusters/${id}`)
      if (status === 200 && body.status === 'CREATE_FAILED') throw new Error(JSON.stringify(body.faults ?? body))
      return status === 200 && body.status === 'CREATE_COMPLETE' ? body.stack_id : undefined
    },
    180_000,
  )
  const found = await demo.request('heat', 'GET', `/stacks/${stackId}`)
  const [, stackName = ''] = /\/stacks\/([^/]+)\//.exec(found.headers.get('location') ?? '') ?? []
  return { id, stack: { name: stackName, id: stackId } }
}

/** What a run of this name left behind when it was killed. */
async function forget(demo: CloudUser, name: string): Promise<void> {
  const { clusters } = await demo.must('magnum', 'GET', '/clusters')
  for (const cluster of clusters.filter((one: { name: string }) => one.name === name)) {
    await demo.request('magnum', 'DELETE', `/clusters/${cluster.uuid}`)
    await until(
      `the old ${name} is gone`,
      async () => (await demo.request('magnum', 'GET', `/clusters/${cluster.uuid}`)).status === 404,
      120_000,
    )
  }
  const { clustertemplates } = await demo.must('magnum', 'GET', '/clustertemplates')
  for (const template of clustertemplates.filter((one: { name: string }) => one.name === `${name}-template`)) {
    await demo.request('magnum', 'DELETE', `/clustertemplates/${template.uuid}`)
  }
}

async function serversOf(demo: CloudUser, stackName: string): Promise<ReadonlyMap<string, Server>> {
  const { servers } = await demo.must('nova', 'GET', `/servers/detail?name=${stackName}`)
  return new Map(servers.map((server: Server) => [server.name, server]))
}

async function markedIn(demo: CloudUser, stack: { name: string; id: string }): Promise<readonly string[]> {
  const path = `/stacks/${stack.name}/${stack.id}/resources?nested_depth=3`
  const { resources } = await demo.must('heat', 'GET', path)
  return resources
    .filter((resource: { resource_status: string }) => !resource.resource_status.endsWith('_COMPLETE'))
    .map((resource: { resource_name: string; resource_status: string; parent_resource?: string }) =>
      [resource.parent_resource ?? '', resource.resource_name, resource.resource_status].join(' '),
    )
}

/** Straight in etcd: the API server sets creationTimestamp itself. It reads JSON there as well as its own format. */
async function age(lab: Lab, node: string, minutes: number): Promise<void> {
  const key = Buffer.from(`/registry/minions/${node}`).toString('base64')
  const command = await readFile(join(LAB, `run-${lab.name}`, 'cmd', 'etcd'), 'utf8')
  const etcd = /--listen-client-urls (\S+)/.exec(command)?.[1]
  await until(
    `${node} looks ${minutes} minutes old`,
    async () => {
      const object = await lab.node(node)
      const { resourceVersion, ...metadata } = object.metadata
      const creationTimestamp = new Date(Date.now() - minutes * 60_000).toISOString().replace(/\.\d+/, '')
      const aged = { ...object, metadata: { ...metadata, creationTimestamp } }
      const value = Buffer.from(JSON.stringify(aged)).toString('base64')
      const txn = {
        // Not over a heartbeat that came between.
        compare: [{ key, target: 'MOD', result: 'EQUAL', mod_revision: resourceVersion }],
        success: [{ requestPut: { key, value } }],
      }
      const reply = await fetch(`${etcd}/v3/kv/txn`, { method: 'POST', body: JSON.stringify(txn) })
      return ((await reply.json()) as { succeeded?: boolean }).succeeded === true
    },
    20_000,
    100,
  )
}

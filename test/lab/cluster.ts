import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Admin, createAdmin } from './api.ts'
import { forgetAudit, keepAudit } from './audit.ts'
import { type EngineLog, logEngine } from './engine.ts'
import { type Faults, faults } from './faults.ts'
import { HEALD, LAB, LAB_SCRIPTS, ROOT } from './paths.ts'
import { until } from './until.ts'

const run = promisify(execFile)
const UP_MS = 240_000
export const REPAIRS = '/apis/heald.dev/v1alpha1/noderepairs'

export interface LabOptions {
  /** Of cluster and containers: one per test file, so that a run that was killed is found again. */
  readonly name: string
  readonly controlPlane?: number
  readonly workers?: number
  /** More flags of kube-apiserver. */
  readonly apiArgs?: readonly string[]
  /** More labels of every node; `{name}` stands for its name. */
  readonly labels?: string
  /** Of kube-controller-manager, until a silent node is Unknown; `12s`, which goes with heartbeats every 3 s. */
  readonly grace?: string
  /** Machines made anew have no kubelet until somebody joins them: see test/lab/node.sh. */
  readonly mustJoin?: boolean
}

/** A real Kubernetes cluster: control plane on this host, kubelets in containers of a real engine; heald's manifests are applied. */
export interface Lab extends Admin {
  readonly name: string
  readonly kubeconfig: string
  /** Where every heald of this cluster logs to; stays after the end. */
  readonly logs: string
  readonly masters: readonly string[]
  readonly workers: readonly string[]
  readonly engine: EngineLog
  readonly faults: Faults
  kubectl(...args: string[]): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers
  node(name: string): Promise<any>
  /** All of a node's repairs, oldest first. */
  // biome-ignore lint/suspicious/noExplicitAny: as the API server answers
  repairs(node?: string): Promise<any[]>
  isReady(node: string): Promise<boolean>
  /** Starts, kills, freezes and thaws a program of the control plane. */
  program(what: 'kill' | 'start' | 'pause' | 'resume', name: string): Promise<void>
  stop(): Promise<void>
}

/** kubelets renew every 3 s instead of 10 s, and kube-controller-manager waits 12 s instead of 40 s. */
const FAST = { GRACE: '12s', LEASE_SECONDS: '12', STATUS_PERIOD: '3s' }

export async function startLab(options: LabOptions): Promise<Lab> {
  const { name, controlPlane = 3, workers = 3, apiArgs = [] } = options
  if (!existsSync(HEALD)) throw new Error(`lab: ${HEALD} is missing: run \`npm run build\` first`)
  forgetAudit(name)
  const logs = join(ROOT, '.tap', 'lab', name)
  rmSync(logs, { recursive: true, force: true })
  mkdirSync(logs, { recursive: true })
  const dir = join(LAB, `run-${name}`)
  const { KUBECONFIG: _, ...inherited } = process.env
  const env = {
    ...inherited,
    ...FAST,
    ...(options.grace === undefined ? {} : { GRACE: options.grace }),
    ...{ LAB, RUN: dir, CLUSTER: name, OWNER: String(process.pid), API_ARGS: apiArgs.join(' ') },
    ...{ LABELS: options.labels ?? '', MUST_JOIN: options.mustJoin ? '1' : '', API_PORT: '', ETCD_PORT: '' },
  }
  const script = (file: string, ...args: string[]) => run(join(LAB_SCRIPTS, file), args, { env, timeout: UP_MS })
  await script('up.sh', String(workers), String(controlPlane))

  const kubeconfig = join(dir, 'kubeconfig')
  const admin = createAdmin(kubeconfig)
  const kubectl: Lab['kubectl'] = async (...args) =>
    (await run(join(LAB, 'bin-1.34.4', 'kubectl'), ['--kubeconfig', kubeconfig, ...args], { timeout: 60_000 })).stdout
  const engine = await logEngine(name)
  const names = (role: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${name}-${role}-${index + 1}`)
  const node: Lab['node'] = (wanted) => admin.must('GET', `/api/v1/nodes/${wanted}`)

  const lab: Lab = {
    ...{ ...admin, name, kubeconfig, logs, engine, faults, kubectl, node },
    masters: names('control-plane', controlPlane),
    workers: names('worker', workers),
    async repairs(wanted) {
      const { items } = await admin.must('GET', REPAIRS)
      const time = (repair: { metadata: { creationTimestamp: string } }) => repair.metadata.creationTimestamp
      return items
        .filter((repair: { spec: { nodeName: string } }) => wanted === undefined || repair.spec.nodeName === wanted)
        .sort((a: never, b: never) => time(a).localeCompare(time(b)))
    },
    async isReady(wanted) {
      const { status } = await node(wanted)
      return status.conditions.some(
        (one: { type: string; status: string }) => one.type === 'Ready' && one.status === 'True',
      )
    },
    async program(what, program) {
      await script('program.sh', what, program)
    },
    async stop() {
      engine.stop()
      keepAudit(name, join(dir, 'audit.log'))
      await script('down.sh')
    },
  }
  const manifests = join(ROOT, 'manifests', 'base')
  await kubectl('apply', '-f', join(manifests, 'rbac.yaml'), '-f', join(manifests, 'crd.yaml'))
  await until('the NodeRepair kind is served', async () => (await admin.request('GET', REPAIRS)).status === 200, 30_000)
  await until("the API server knows heald's rules", () => mayLead(admin), 30_000, 100)
  return lab
}

/** The authorizer learns of a RoleBinding a moment after it was stored. */
async function mayLead(admin: Admin): Promise<boolean> {
  const resourceAttributes = {
    ...{ group: 'coordination.k8s.io', resource: 'leases', name: 'heald' },
    ...{ namespace: 'kube-system', verb: 'get' },
  }
  const spec = { user: 'system:serviceaccount:kube-system:heald', resourceAttributes }
  const review = await admin.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
    spec,
  })
  return review.status.allowed
}

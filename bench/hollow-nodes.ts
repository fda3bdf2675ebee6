import { connect } from 'node:http2'
import type { ControlPlane } from '../test/lab/control-plane.ts'

const AT_ONCE = 48
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'

/** One HTTP/2 connection to the API server: what it costs to set the scene must not be what is measured. */
export interface Wire {
  /** Resolves with the status once the whole answer is read. */
  send(method: string, path: string, body?: object, contentType?: string): Promise<number>
  close(): void
}

export function openWire(url: string, token: string): Wire {
  const session = connect(url, { rejectUnauthorized: false })
  session.on('error', () => undefined)
  return {
    send: (method, path, body, contentType = 'application/json') =>
      new Promise((resolve, reject) => {
        const headers = { ':method': method, ':path': path, authorization: `Bearer ${token}` }
        const stream = session.request({ ...headers, 'content-type': contentType })
        let status = 0
        stream.on('response', (answer) => {
          status = Number(answer[':status'])
        })
        stream.on('error', reject)
        stream.on('end', () => resolve(status))
        stream.resume()
        stream.end(body === undefined ? undefined : JSON.stringify(body))
      }),
    close: () => session.close(),
  }
}

/** Nodes `from` to `to` with their leases: Ready, three zones, ten pools, about 6 KB of JSON each. */
export async function addHollowNodes(plane: ControlPlane, from: number, to: number): Promise<void> {
  const wire = openWire(plane.url, plane.token)
  await plane.request('POST', '/api/v1/namespaces', { metadata: { name: 'kube-node-lease' } })
  let next = from
  const lane = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) {
      const status = await wire.send('POST', '/api/v1/nodes', hollowNode(index))
      if (status !== 201) throw new Error(`bench: node ${index}: status ${status}`)
      const leased = await wire.send('POST', LEASES, lease(index))
      if (leased !== 201) throw new Error(`bench: lease ${index}: status ${leased}`)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  } finally {
    wire.close()
  }
}

export function nodeName(index: number): string {
  return `node-${String(index).padStart(5, '0')}.bench.example`
}

export function leasePath(index: number): string {
  return `${LEASES}/${nodeName(index)}`
}

export function renewal(): object {
  return { spec: { renewTime: new Date().toISOString().replace('Z', '000Z') } }
}

function lease(index: number): object {
  const name = nodeName(index)
  const { spec } = renewal() as { readonly spec: object }
  return {
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' } },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, ...spec },
  }
}

export function hollowNode(index: number): object {
  const name = nodeName(index)
  const zone = `zone-${index % 3}`
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const isMaster = index < 5
  const role = isMaster ? { 'node-role.kubernetes.io/control-plane': '' } : {}
  const pool = isMaster ? {} : { 'heald.dev/pool': `pool-${index % 10}` }
  const quantities = { cpu: '16', memory: '65536000Ki', pods: '110', 'ephemeral-storage': '203070420Ki' }
  return {
    ...{ apiVersion: 'v1', kind: 'Node' },
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/os': 'linux',
        'kubernetes.io/hostname': name,
        'node.kubernetes.io/instance-type': 'm1.xlarge',
        'topology.kubernetes.io/region': 'region-one',
        'topology.kubernetes.io/zone': zone,
        ...role,
        ...pool,
      },
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
        'csi.volume.kubernetes.io/nodeid': `{"cinder.csi.openstack.org":"${name}"}`,
      },
    },
    spec: { providerID: `openstack:///${name}` },
    status: {
      ...{ capacity: quantities, allocatable: quantities, conditions: conditions(now) },
      addresses: [
        { type: 'InternalIP', address: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      nodeInfo: {
        machineID: `machine-${index}`,
        systemUUID: `uuid-${index}`,
        bootID: `boot-${index}`,
        kernelVersion: '6.1.0-25-amd64',
        osImage: 'Debian GNU/Linux 12 (bookworm)',
        containerRuntimeVersion: 'containerd://1.7.20',
        kubeletVersion: 'v1.34.4',
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
      images: Array.from({ length: 14 }, (_, image) => ({
        names: [
          `registry.example/library/image-${image}@sha256:${String(image).padStart(2, '0').repeat(32)}`,
          `registry.example/library/image-${image}:v1.${image}.0`,
        ],
        sizeBytes: 104_857_600 + image,
      })),
    },
  }
}

function conditions(now: string): object[] {
  const fine: readonly (readonly [string, string, string])[] = [
    ['NetworkUnavailable', 'CalicoIsUp', 'Calico is running on this node'],
    ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ]
  const times = { lastHeartbeatTime: now, lastTransitionTime: now }
  return [
    ...fine.map(([type, reason, message]) => ({ type, status: 'False', reason, message, ...times })),
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', ...times },
  ]
}

import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const ADMIN_TOKEN = 'admin-token'
const READY_MS = 60_000

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into whatever the API server answers
  readonly body: any
}

export interface ControlPlane {
  /** `https://127.0.0.1:PORT`; the same after a restart. */
  readonly url: string
  /** Of system:masters. For setting the scene; what is tested runs under `serviceAccountToken`. */
  readonly token: string
  /** Path of a kubeconfig that holds `token` and the CA. */
  readonly kubeconfig: string
  /** PEM of the API server's own CA; valid for 127.0.0.1 and kubernetes.default.svc. */
  readonly ca: string
  readonly caFile: string
  readonly etcdUrl: string
  /** Everything of this control plane lies here; logs are `NAME.log`. */
  readonly dir: string
  /** As admin. Resolves with any status; rejects only when nothing answers. */
  request(method: string, path: string, body?: object, contentType?: string): Promise<Answer>
  /** As `request`, but a status of 400 or more throws with the server's message. */
  // biome-ignore lint/suspicious/noExplicitAny: see Answer
  must(method: string, path: string, body?: object, contentType?: string): Promise<any>
  /** Creates namespace and account when missing; a token of an hour unless told otherwise (the server's least is 10 min). */
  serviceAccountToken(namespace: string, name: string, expirationSeconds?: number): Promise<string>
  /** Writes a kubeconfig with this token and returns its path. */
  writeKubeconfig(name: string, token: string): Promise<string>
  /** SIGKILL; returns when it is gone. */
  stopApi(): Promise<void>
  /** On the same port; returns when it is ready. */
  startApi(): Promise<void>
  restartApi(): Promise<void>
  stop(): Promise<void>
}

export interface ControlPlaneOptions {
  readonly controllerManager?: boolean
  readonly apiArgs?: readonly string[]
  readonly controllerManagerArgs?: readonly string[]
}

/** A real etcd and kube-apiserver (and kube-controller-manager) on free ports, ready when this returns, dead when this process is. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const bin = findBinaries([
    'etcd',
    'kube-apiserver',
    ...(options.controllerManager ? ['kube-controller-manager'] : []),
  ])
  const dir = await mkdtemp(join(tmpdir(), 'heald-cp-'))
  const [etcdPort, peerPort, apiPort] = [await freePort(), await freePort(), await freePort()]
  const url = `https://127.0.0.1:${apiPort}`
  const etcdUrl = `http://127.0.0.1:${etcdPort}`
  const caFile = join(dir, 'apiserver.crt')
  const running = new Map<string, ChildProcess>()

  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  await writeFile(join(dir, 'sa.pub'), keys.publicKey)
  await writeFile(join(dir, 'sa.key'), keys.privateKey, { mode: 0o600 })
  await writeFile(join(dir, 'tokens.csv'), `${ADMIN_TOKEN},admin,admin,system:masters\n`)

  async function start(name: string, args: readonly string[]): Promise<void> {
    const log = await open(join(dir, `${name}.log`), 'a')
    // Dies with us even when we are killed, so no run leaves an API server behind.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', join(bin, name), ...args], {
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: '/usr/bin:/bin', HOME: dir },
    })
    child.once('error', () => undefined)
    child.unref()
    running.set(name, child)
    await log.close()
  }

  async function halt(name: string): Promise<void> {
    const child = running.get(name)
    running.delete(name)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.ref()
    child.kill('SIGKILL')
    await gone
  }

  const request: ControlPlane['request'] = (method, path, body, contentType = 'application/json') =>
    send(url, method, path, body === undefined ? undefined : { text: JSON.stringify(body), contentType })

  const must: ControlPlane['must'] = async (method, path, body, contentType) => {
    const answer = await request(method, path, body, contentType)
    if (answer.status < 400) return answer.body
    throw new Error(`${method} ${path}: ${answer.status}: ${answer.body?.message ?? JSON.stringify(answer.body)}`)
  }

  async function startApi(): Promise<void> {
    await start('kube-apiserver', [
      ...['--etcd-servers', etcdUrl, '--cert-dir', dir, '--secure-port', String(apiPort)],
      ...['--bind-address', '127.0.0.1', '--advertise-address', '127.0.0.1'],
      ...['--service-cluster-ip-range', '10.0.0.0/24', '--authorization-mode', 'RBAC'],
      ...['--token-auth-file', join(dir, 'tokens.csv'), '--service-account-issuer', 'https://kubernetes.default.svc'],
      ...['--service-account-key-file', join(dir, 'sa.pub'), '--service-account-signing-key-file', join(dir, 'sa.key')],
      ...['--allow-privileged', '--profiling=false', '--disable-admission-plugins', 'ServiceAccount'],
      ...(options.apiArgs ?? []),
    ])
    const deadline = performance.now() + READY_MS
    while (performance.now() < deadline) {
      for (const [name, child] of running) {
        if (child.exitCode !== null) throw new Error(`control plane: ${name} ended: ${await tail(dir, name)}`)
      }
      const ready = await request('GET', '/readyz').catch(() => undefined)
      if (ready?.status === 200) return
      await delay(50)
    }
    throw new Error(`control plane: kube-apiserver is not ready: ${await tail(dir, 'kube-apiserver')}`)
  }

  async function stop(): Promise<void> {
    process.off('exit', killAll)
    await Promise.all([...running.keys()].map(halt))
    await rm(dir, { recursive: true, force: true })
  }

  function killAll(): void {
    for (const child of running.values()) child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }

  async function writeKubeconfig(name: string, token: string): Promise<string> {
    const path = join(dir, `${name}.kubeconfig`)
    const cluster = { server: url, 'certificate-authority': caFile }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'lab', cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: name } }],
      'current-context': 'lab',
    }
    await writeFile(path, JSON.stringify(config), { mode: 0o600 })
    return path
  }

  async function serviceAccountToken(namespace: string, name: string, expirationSeconds = 3600): Promise<string> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`
    await request('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
    await request('POST', accounts, { metadata: { name } })
    return (await must('POST', `${accounts}/${name}/token`, { spec: { expirationSeconds } })).status.token
  }

  process.on('exit', killAll)
  try {
    await start('etcd', [
      ...['--data-dir', join(dir, 'etcd'), '--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`, '--unsafe-no-fsync'],
    ])
    await startApi()
    const kubeconfig = await writeKubeconfig('admin', ADMIN_TOKEN)
    if (options.controllerManager) {
      await start('kube-controller-manager', [
        ...['--kubeconfig', kubeconfig, '--leader-elect=false', '--secure-port', '0'],
        ...['--node-monitor-grace-period', '40s', '--controllers', CONTROLLERS.join(',')],
        ...(options.controllerManagerArgs ?? []),
      ])
    }
    const restartApi = async (): Promise<void> => {
      await halt('kube-apiserver')
      await startApi()
    }
    const ca = await readFile(caFile, 'utf8')
    const stopApi = (): Promise<void> => halt('kube-apiserver')
    return {
      ...{ url, token: ADMIN_TOKEN, kubeconfig, ca, caFile, etcdUrl, dir, request, must },
      ...{ serviceAccountToken, writeKubeconfig, stopApi, startApi, restartApi, stop },
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

const CONTROLLERS = [
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'job-controller',
  'ttl-after-finished-controller',
  'garbage-collector-controller',
]

/** The folder that holds all of `names`: KUBEBUILDER_ASSETS, else the cache that test/lab/build.sh fills. */
function findBinaries(names: readonly string[]): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const folders = [process.env.KUBEBUILDER_ASSETS, join(cache, 'heald', 'bin-1.34.4')].filter((f) => f !== undefined)
  const found = folders.find((folder) => names.every((name) => existsSync(join(folder, name))))
  if (found !== undefined) return found
  throw new Error(
    `control plane: ${names.join(', ')}: not in ${folders.join(' or ')}: run test/lab/build.sh, or set KUBEBUILDER_ASSETS`,
  )
}

/** Below the ephemeral range, so that no outgoing connection takes the port while the API server is down. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}

function send(
  base: string,
  method: string,
  path: string,
  body?: { text: string; contentType: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/json' }
    if (body !== undefined) headers['content-type'] = body.contentType
    const options = { method, headers, rejectUnauthorized: false, agent: false, timeout: 20_000 }
    const request = httpsRequest(`${base}${path}`, options, async (response) => {
      try {
        const text = (await response.toArray()).join('')
        const isJson = String(response.headers['content-type']).startsWith('application/json')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: isJson ? JSON.parse(text) : text,
        })
      } catch (thrown) {
        reject(thrown)
      }
    })
    request.once('timeout', () => request.destroy(new Error(`${method} ${path}: no answer in 20 s`)))
    request.once('error', reject)
    request.end(body?.text)
  })
}

async function tail(dir: string, name: string): Promise<string> {
  const log = await readFile(join(dir, `${name}.log`), 'utf8')
  return log.trim().split('\n').slice(-3).join(' | ')
}

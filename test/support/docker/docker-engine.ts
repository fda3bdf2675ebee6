import { request } from 'node:http'

export const SOCKET = process.env.DOCKER_SOCKET ?? '/var/run/docker.sock'

/** One request to the real engine; throws with the engine's own words. */
export async function docker(method: string, path: string, body?: object): Promise<unknown> {
  const text = await new Promise<string>((resolve, reject) => {
    const outgoing = request(
      { socketPath: SOCKET, method, path, headers: { 'content-type': 'application/json' } },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => {
          const whole = Buffer.concat(chunks).toString('utf8')
          if ((answer.statusCode ?? 500) < 400) resolve(whole)
          else reject(new Error(`${method} ${path}: ${answer.statusCode}: ${whole.trim()}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
  return text === '' ? undefined : JSON.parse(text)
}

/** runc's freezer gives up on a machine that forks faster than it freezes ("unable to freeze"): that is asked again. */
export async function pause(name: string): Promise<void> {
  for (let tries = 5; ; tries--) {
    try {
      await docker('POST', `/containers/${name}/pause`)
      return
    } catch (thrown) {
      if (tries === 1 || !String(thrown).includes('unable to freeze')) throw thrown
    }
  }
}

export interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly Image: string
  readonly Created: string
  readonly State: { readonly Status: string; readonly StartedAt: string }
  readonly Config: {
    readonly Image: string
    readonly Hostname: string
    readonly Labels: Record<string, string>
    readonly Env: string[]
  }
  readonly HostConfig: {
    readonly CapAdd: string[] | null
    readonly Binds: string[] | null
    readonly NetworkMode: string
  }
  readonly Mounts: { readonly Type: string; readonly Name?: string; readonly Destination: string }[]
  readonly NetworkSettings: { readonly Networks: Record<string, { readonly Aliases: string[] | null }> }
}

export async function inspect(idOrName: string): Promise<Inspected> {
  return (await docker('GET', `/containers/${idOrName}/json`)) as Inspected
}

/** Runs a shell line inside and returns what it printed. */
export async function sh(idOrName: string, line: string): Promise<string> {
  const { Id } = (await docker('POST', `/containers/${idOrName}/exec`, {
    Cmd: ['sh', '-c', line],
    AttachStdout: true,
    Tty: true,
  })) as { Id: string }
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        socketPath: SOCKET,
        method: 'POST',
        path: `/exec/${Id}/start`,
        headers: { 'content-type': 'application/json' },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8').trim()))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(JSON.stringify({ Tty: true }))
  })
}

/** Every container with this label value, whatever it is called by now, with its anonymous volumes. */
export async function removeLabelled(label: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
  const listed = (await docker('GET', `/containers/json?all=true&filters=${filters}`)) as { Id: string }[]
  for (const { Id } of listed) await docker('DELETE', `/containers/${Id}?force=true&v=true`)
}

/** Ids of the containers that something happened to, as the engine tells it, until stopped. */
export async function watchEvents(): Promise<{ readonly seen: { id: string; action: string }[]; stop(): void }> {
  const seen: { id: string; action: string }[] = []
  const outgoing = request({
    socketPath: SOCKET,
    path: `/events?filters=${encodeURIComponent('{"type":["container"]}')}`,
  })
  const answer = new Promise<void>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', (incoming) => {
      let rest = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const event = JSON.parse(line) as { Action: string; Actor: { ID: string } }
          seen.push({ id: event.Actor.ID, action: event.Action })
        }
      })
      incoming.on('error', () => undefined)
      resolve()
    })
  })
  outgoing.end()
  await answer
  return { seen, stop: () => outgoing.destroy() }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * What happens to one request. `cut`: it is carried out, and the line ends. `late`: the line ends at once, and it is
 * carried out some time afterwards. `lost`: it never arrives. `silent`: it is carried out, and nothing is ever answered;
 * `silent-late`, `silent-lost`: the same of what comes late, or never.
 */
export type Trouble = 'cut' | 'late' | 'lost' | 'silent' | 'silent-late' | 'silent-lost'

export interface CuttingProxy {
  readonly socket: string
  /** The request of this number, counted from 0 since the last call, meets this trouble. */
  trouble(index: number, trouble: Trouble): void
  /** How many requests have come since. */
  readonly count: number
  /** Carries out what is late. */
  catchUp(): Promise<void>
  close(): Promise<void>
}

/** A socket before an engine's that spoils one request, whatever it is. */
export async function startCuttingProxy(upstream: string): Promise<CuttingProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'heald-cut-'))
  const socket = join(folder, 'docker.sock')
  let count = 0
  let spoilt: { readonly index: number; readonly trouble: Trouble } | undefined
  const late: (() => Promise<unknown>)[] = []

  const server = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    const trouble = count++ === spoilt?.index ? spoilt.trouble : undefined
    const body = Buffer.concat(await incoming.toArray())
    const carryOut = (answer?: ServerResponse): Promise<unknown> =>
      new Promise((resolve) => {
        const forwarded = request({ socketPath: upstream, method, path: url, headers }, async (reply) => {
          const bytes = Buffer.concat(await reply.toArray())
          answer?.writeHead(reply.statusCode ?? 502, reply.headers).end(bytes)
          resolve(undefined)
        })
        forwarded.on('error', resolve)
        forwarded.end(body)
      })
    if (trouble === 'cut' || trouble === 'silent') await carryOut()
    if (trouble === 'late' || trouble === 'silent-late') late.push(carryOut)
    if (trouble === undefined) await carryOut(outgoing)
    else if (!trouble.startsWith('silent')) outgoing.destroy()
  })
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  return {
    socket,
    trouble(index, trouble) {
      count = 0
      spoilt = { index, trouble }
    },
    get count() {
      return count
    },
    async catchUp() {
      for (const act of late.splice(0)) await act()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import type { Test } from 'tap'
import { type DoorOptions, type OpenDoor, openDoor } from '../../../src/http/door.ts'
import type { Route, RouteGroup } from '../../../src/http/route.ts'
import { createRouter } from '../../../src/http/router.ts'
import { createLog } from '../../../src/telemetry/log.ts'

export interface TestDoor extends OpenDoor {
  readonly url: string
  /** Lines of the log so far. */
  readonly lines: () => readonly { readonly msg: string }[]
  /** Sends these pieces as they are, then gives all that comes back until the server closes or `done` matches. */
  readonly raw: (pieces: readonly string[], done?: RegExp, from?: Partial<TcpNetConnectOpts>) => Promise<string>
  readonly socket: (options?: Partial<TcpNetConnectOpts>) => Socket
}

/** A real server on a free port with these routes. */
export async function testDoor(
  t: Test,
  routes: readonly Route[],
  { authorize, ...options }: Partial<DoorOptions> & Pick<RouteGroup, 'authorize'> = {},
): Promise<TestDoor> {
  const written: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void written.push(line) } })
  const group: RouteGroup = { doors: ['local'], routes, ...(authorize === undefined ? {} : { authorize }) }
  const find = createRouter([group], 'local', 'is elsewhere')
  const door = await openDoor({ host: '127.0.0.1', port: 0, keys: 'a setting', find, log, ...options })
  t.teardown(() => door.close())
  const socket = (more: Partial<TcpNetConnectOpts> = {}): Socket => {
    const opened = connect({ port: door.at.port, host: door.at.host, ...more })
    t.teardown(() => opened.destroy())
    return opened
  }
  return {
    ...door,
    url: `http://${door.at.host}:${door.at.port}`,
    lines: () => written.map((line) => JSON.parse(line)),
    socket,
    raw: (pieces, done, from) => exchange(socket(from), pieces, done),
  }
}

async function exchange(socket: Socket, pieces: readonly string[], done = /(?!)/): Promise<string> {
  let heard = ''
  const ended = new Promise<string>((resolve) => {
    socket.on('data', (data) => {
      heard += data
      if (done.test(heard)) resolve(heard)
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', () => resolve(heard))
  })
  for (const piece of pieces) {
    socket.write(piece)
    await new Promise(setImmediate)
  }
  return ended
}

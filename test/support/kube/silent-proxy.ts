import { type AddressInfo, createServer, connect as open, type Socket } from 'node:net'

export interface SilentProxy {
  readonly url: string
  /** From now on nothing passes on any connection, old or new, and none is closed: what dropped packets look like. */
  silence(): void
  speak(): void
  close(): void
}

/** A TCP proxy before `target` that can go silent. */
export async function createSilentProxy(target: string): Promise<SilentProxy> {
  const { port, hostname } = new URL(target)
  const sockets = new Set<Socket>()
  let silent = false
  function keep(socket: Socket): Socket {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    if (silent) socket.pause()
    return socket
  }
  const server = createServer((near) => {
    const far = open(Number(port), hostname)
    // What is silenced once stays so: a connection does not come back from the dead.
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => near.write(chunk))
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
    keep(near)
    keep(far)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence() {
      silent = true
      for (const socket of sockets) socket.pause()
    },
    speak() {
      silent = false
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

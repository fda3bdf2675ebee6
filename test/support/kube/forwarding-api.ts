import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const LARGEST = 32_768

interface Teardown {
  teardown(handler: () => void): void
}

export interface ForwardingApi {
  readonly url: string
  /** Every port-forward that was asked for: path and authorization. */
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[]
}

/**
 * An API server in front of another one that adds what the embedded one lacks: pods/portforward over a WebSocket, the
 * pod's port being `port` of this machine. `refuse`: answers the upgrade with this status instead.
 */
export async function forwardingApi(
  t: Teardown,
  api: string,
  options: { readonly port: number; readonly refuse?: number },
): Promise<ForwardingApi> {
  const asked: ForwardingApi['asked'] = []
  const sockets = new Set<Duplex>()
  const server = createServer((message, response) => {
    const onward = request(api + message.url, { method: message.method, headers: message.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    message.pipe(onward)
  })
  server.on('upgrade', (message: IncomingMessage, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    asked.push({ path: message.url ?? '', authorization: message.headers.authorization })
    if (options.refuse !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuse} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`)
      return
    }
    const key = createHash('sha1')
      .update(`${message.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      [
        ...['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade'],
        ...[`sec-websocket-accept: ${key}`, 'sec-websocket-protocol: v4.channel.k8s.io', '', ''],
      ].join('\r\n'),
    )
    tunnel(socket, options.port)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** As the kubelet does it: both channels begin with the port, errors come on channel 1. */
function tunnel(socket: Socket, port: number): void {
  const portBytes = Buffer.from([port & 0xff, port >> 8])
  for (const channel of [0, 1]) socket.write(frame(channel, portBytes))
  const target = connect(port, '127.0.0.1')
  target.on('data', (chunk) => {
    for (let at = 0; at < chunk.length; at += LARGEST) socket.write(frame(0, chunk.subarray(at, at + LARGEST)))
  })
  target.on('error', (error) => socket.write(frame(1, Buffer.from(`error forwarding port ${port}: ${error.message}`))))
  // After an error the connection stays: a client must not wait for its end.
  target.on('close', (failed) => failed || socket.end(Buffer.from([0x88, 0])))
  socket.on('close', () => target.destroy())
  let rest = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let read = unframe(rest); read !== undefined; read = unframe(rest)) {
      rest = rest.subarray(read.size)
      if (read.opcode === 8) target.end()
      else if (read.payload[0] === 0) target.write(read.payload.subarray(1))
    }
  })
}

function frame(channel: number, data: Buffer): Buffer {
  const length = data.length + 1
  const head = length < 126 ? [0x82, length] : [0x82, 126, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([...head, channel]), data])
}

/** One masked client frame; undefined while it is not whole. */
function unframe(bytes: Buffer): { opcode: number; payload: Buffer; size: number } | undefined {
  if (bytes.length < 6) return undefined
  const short = bytes[1]! & 0x7f
  const head = short === 126 ? 4 : 2
  const length = short === 126 ? bytes.readUInt16BE(2) : short
  const size = head + 4 + length
  if (bytes.length < size) return undefined
  const mask = bytes.subarray(head, head + 4)
  const payload = Buffer.from(bytes.subarray(head + 4, size).map((byte, index) => byte ^ mask[index % 4]!))
  return { opcode: bytes[0]! & 0x0f, payload, size }
}

import type { IncomingMessage } from 'node:http'
import type { Millis } from '../core/model/primitives.ts'
import { text } from './reply.ts'
import type { BodyRule, Reply } from './route.ts'

/**
 * The whole body, or the answer that it is not taken, or undefined when the client is gone. What is too large is thrown
 * away as it comes, so that the client can read the answer; the server's time limit for requests ends that too.
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, contentTypes }: BodyRule,
  limitMs: Millis,
): Promise<{ readonly bytes: Uint8Array } | { readonly refused: Reply } | undefined> {
  const { headers } = request
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!contentTypes.includes(type)) {
    return { refused: text(415, `content-type ${type || 'is missing'}: send ${contentTypes.join(' or ')}`) }
  }
  const coding = headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity') return { refused: text(415, `content-encoding ${coding}: send the body as it is`) }
  const tooLarge = { refused: text(413, `the body is too large: at most ${maxBytes} bytes`) }
  if (Number(headers['content-length'] ?? 0) > maxBytes) return tooLarge

  return new Promise((resolve) => {
    const chunks: Uint8Array[] = []
    let size = 0
    const settle = (result: Awaited<ReturnType<typeof readBody>>): void => {
      clearTimeout(timer)
      request.off('data', take)
      request.resume()
      resolve(result)
    }
    const take = (chunk: Uint8Array): void => {
      size += chunk.length
      if (size > maxBytes) settle(tooLarge)
      else chunks.push(chunk)
    }
    const tooSlow = text(408, `the body did not come in within ${limitMs} ms`, { connection: 'close' })
    const timer = setTimeout(settle, limitMs, { refused: tooSlow })
    request.on('data', take)
    request.once('end', () => settle({ bytes: Buffer.concat(chunks) }))
    request.once('close', () => settle(undefined))
  })
}

/** JSON in UTF-8, or the 400 that says what is wrong with it. */
export function parseJson(bytes: Uint8Array): { readonly value: unknown } | { readonly refused: Reply } {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) }
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return { refused: text(400, `the body is no JSON: ${thrown.message}`) }
    if (thrown instanceof TypeError) return { refused: text(400, 'the body is not UTF-8') }
    throw thrown
  }
}

import type { Clock } from '../../../src/core/ports/clock.ts'
import { noAnswer } from '../../../src/kube/client/answer-error.ts'
import type { KubeHttp, KubeRequest } from '../../../src/kube/client/http.ts'
import { createContact } from '../../../src/kube/client/server-clock.ts'
import { createKubeHttp, type Open } from '../../../src/kube/client/transport.ts'
import type { LocalApi, Reply, Watching } from '../../../src/simulator/api/local.ts'

/**
 * Our own way to an embedded API in the same process: the same bytes, errors and limits as over sockets, with no socket
 * and no timer but the clock's. An answer takes no time.
 */
export function httpInProcess(api: LocalApi, clock: Clock): KubeHttp {
  const contact = createContact(clock)
  const open: Open = async (request, limits, signal) => {
    const fail = (message: string): Error => noAnswer(request, 'in-process', new Error(message), [])
    const reaction = api.react({
      method: request.method,
      target: targetOf(request),
      contentType: request.contentType ?? 'application/json',
      text: request.body === undefined ? '' : JSON.stringify(request.body),
    })
    if (reaction.kind === 'hang') {
      await clock.sleep(limits.responseMs, signal)
      throw fail(`no answer within ${limits.responseMs} ms`)
    }
    if (reaction.kind === 'drop') throw fail('the connection broke')
    contact.heard(api.date())
    if (reaction.kind === 'answer') return answerOf(reaction)
    const lines = watchLines(reaction, signal)
    return { status: 200, header: () => 'application/json', body: lines.body, close: lines.close }
  }
  return createKubeHttp(open, contact)
}

function targetOf({ path, query = {} }: KubeRequest): string {
  const search = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  return search === '' ? path : `${path}?${search}`
}

function answerOf({ status, text, retryAfterSeconds }: Reply): Awaited<ReturnType<Open>> {
  const headers: Readonly<Record<string, string | undefined>> = {
    'content-type': 'application/json',
    'retry-after': retryAfterSeconds?.toString(),
  }
  return {
    status,
    header: (name) => headers[name],
    close: () => undefined,
    body: (async function* () {
      yield Buffer.from(text)
    })(),
  }
}

/** What a watch writes, as its reader sees it: kept until read, whole lines, ended by either side. */
export function watchLines(
  watch: Watching,
  signal: AbortSignal,
): { readonly body: AsyncGenerator<Buffer, void>; close(): void } {
  const closed = new AbortController()
  let written: string[] = []
  let isOver = false
  let arrived: (() => void) | undefined
  const wake = (): void => arrived?.()
  const close = (): void => closed.abort('closed')
  signal.addEventListener('abort', close, { once: true })
  closed.signal.addEventListener('abort', wake, { once: true })
  if (signal.aborted) close()
  const send = (line: string): void => {
    written.push(line)
    wake()
  }
  const over = watch.run(send, closed.signal).finally(() => {
    signal.removeEventListener('abort', close)
    isOver = true
    wake()
  })
  over.catch(() => undefined)

  async function* read(): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        signal.throwIfAborted()
        const chunk = written
        written = []
        if (chunk.length > 0) yield Buffer.from(chunk.join(''))
        else if (isOver) return await over
        else {
          await new Promise<void>((resolve) => {
            arrived = resolve
          })
        }
      }
    } finally {
      close()
    }
  }
  return { body: read(), close }
}

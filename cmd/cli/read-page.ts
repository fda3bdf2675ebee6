import type { z } from 'zod'
import { EXIT, ExitError } from './exit.ts'
import type { Answer } from './leader-client.ts'

/** The page's JSON, whole, and the part of it that we know. Throws ExitError when it is no page of heald's. */
export function readPage<T>(answer: Answer, schema: z.ZodType<T>): { readonly facts: object; readonly page: T } {
  const { status, body, from } = answer
  const json = parseJson(body)
  const parsed = schema.safeParse(json)
  if (parsed.success && typeof json === 'object' && json !== null) return { facts: json, page: parsed.data }
  const said = body.slice(0, 300).trim()
  if (status === 503) throw new ExitError(EXIT.tryAgain, `heald: ${from}: not ready yet: ${said}`)
  if (status >= 500) throw new ExitError(EXIT.tryAgain, `heald: ${from}: ${status}: ${said}`)
  if (status !== 200) throw new ExitError(EXIT.usage, `heald: ${from}: ${status}: ${said}`)
  throw new ExitError(EXIT.usage, `heald: ${from}: that is no answer of a heald of this version: is the address right?`)
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined
    throw thrown
  }
}

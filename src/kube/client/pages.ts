import { z } from 'zod'
import type { KubeHttp } from './http.ts'

const PAGE = 250
const Page = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(z.unknown()).nullable(),
})

/** Every item of a consistent LIST, page by page. */
export async function* listPages(
  http: KubeHttp,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  let next: string | undefined
  do {
    const asked = { ...query, limit: PAGE, ...(next === undefined ? {} : { continue: next }) }
    const page = Page.parse(await http.request({ method: 'GET', path, query: asked }, signal))
    yield* page.items ?? []
    next = page.metadata.continue
  } while (next !== undefined && next !== '')
}

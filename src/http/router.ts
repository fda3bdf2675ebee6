import { text } from './reply.ts'
import type { Authorize, DoorName, Reply, Route, RouteGroup } from './route.ts'

/** The route for a request with what its path names, or the answer that there is none. */
export type Match =
  | { readonly route: Route; readonly params: Readonly<Record<string, string>>; readonly authorize?: Authorize }
  | { readonly none: Reply }

interface Entry {
  readonly route: Route
  readonly authorize: Authorize | undefined
  readonly segments: readonly string[]
}

/** What can be asked at one door. `elsewhere`: the sentence about a page that only another door has. */
export function createRouter(
  groups: readonly RouteGroup[],
  door: DoorName,
  elsewhere: string,
): (method: string, path: string) => Match {
  const entries = (is: (group: RouteGroup) => boolean): readonly Entry[] =>
    groups
      .filter(is)
      .flatMap(({ routes, authorize }) =>
        routes.map((route) => ({ route, authorize, segments: route.path.split('/') })),
      )
  const others = entries(({ doors }) => !doors.includes(door))
  // A literal segment beats a parameter.
  const here = entries(({ doors }) => doors.includes(door)).toSorted((a, b) => (a.route.path < b.route.path ? -1 : 1))
  const names = entries(({ doors }) => doors.includes(door)).map(({ route }) => titleOf(route.path))

  function notFound(path: string): Reply {
    const near = here.find((entry) => entry.route.usage !== undefined && isNear(entry, path))
    if (near?.route.usage !== undefined) return text(404, near.route.usage)
    const isElsewhere = others.some((entry) => isNear(entry, path) || match(entry, path) !== undefined)
    if (isElsewhere) return text(404, `${path} ${elsewhere}`)
    return text(404, `there is no page ${path}; pages: ${[...new Set(names)].join(' ')}`)
  }

  return (asked, path) => {
    const method = asked === 'HEAD' ? 'GET' : asked
    // What nobody here could do is refused whatever the path, so that asking tells nothing about it.
    if (!here.some(({ route }) => route.method === method)) return { none: notAllowed(asked, here) }
    const fits = here.filter((entry) => match(entry, path) !== undefined)
    const entry = fits.find(({ route }) => route.method === method)
    if (entry === undefined) return { none: fits.length === 0 ? notFound(path) : notAllowed(asked, fits) }
    const { route, authorize } = entry
    return { route, params: match(entry, path) ?? {}, ...(authorize === undefined ? {} : { authorize }) }
  }
}

function notAllowed(method: string, entries: readonly Entry[]): Reply {
  const allowed = new Set(entries.flatMap(({ route }) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])))
  const isRead = [...allowed].every((one) => one === 'GET' || one === 'HEAD')
  const why = isRead ? 'pages are only read (GET)' : `possible: ${[...allowed].join(', ')}`
  return text(405, `${method} is not possible here: ${why}`, { allow: [...allowed].join(', ') })
}

/** What the path gives for each parameter; undefined when it is another path. */
function match({ segments }: Entry, path: string): Readonly<Record<string, string>> | undefined {
  const parts = path.split('/')
  if (parts.length !== segments.length) return undefined
  const params: [string, string][] = []
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? ''
    const name = parameterOf(segment)
    if (name === undefined) {
      if (segment !== part) return undefined
      continue
    }
    const value = decode(part)
    // An encoded slash would name another place to whoever joins paths.
    if (value === undefined || value === '' || value.includes('/')) return undefined
    params.push([name, value])
  }
  return Object.fromEntries(params)
}

/** A path that begins like one with parameters: `/why`, `/why/`, `/why/a/b`. */
function isNear({ segments }: Entry, path: string): boolean {
  const first = segments.findIndex((segment) => parameterOf(segment) !== undefined)
  return first > 0 && `${path}/`.startsWith(`${segments.slice(0, first).join('/')}/`)
}

function parameterOf(segment: string): string | undefined {
  return /^\{(\w+)\}$/.exec(segment)?.[1]
}

/** `/why/{node}` as people read it: `/why/NODE`. */
function titleOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded)
  } catch (thrown) {
    if (thrown instanceof URIError) return undefined
    throw thrown
  }
}

import { z } from 'zod'

export type ServiceName = 'nova' | 'magnum' | 'heat' | 'cinder'

export const Catalog = z.array(
  z.object({
    type: z.string(),
    endpoints: z.array(
      z.object({
        interface: z.string(),
        region: z.string().nullish(),
        region_id: z.string().nullish(),
        url: z.string(),
      }),
    ),
  }),
)
export type Catalog = z.output<typeof Catalog>

export interface Endpoint {
  /** With the version segment, without a trailing slash. */
  readonly url: string
  readonly region: string | undefined
}

export interface Place {
  readonly region: string | undefined
  readonly interface: 'public' | 'internal' | 'admin'
  readonly projectId: string | undefined
}

const TYPES: Readonly<Record<ServiceName, readonly string[]>> = {
  nova: ['compute'],
  magnum: ['container-infra', 'container-infrastructure-management', 'container-infrastructure'],
  heat: ['orchestration'],
  cinder: ['block-storage', 'volumev3', 'block-store', 'volume'],
}

/** What an endpoint without a version means. `{p}`: the project. */
const VERSIONS: Readonly<Record<ServiceName, string>> = {
  nova: '/v2.1',
  magnum: '/v1',
  heat: '/v1/{p}',
  cinder: '/v3/{p}',
}

/** Undefined: the catalog has none for this region and interface. */
export function findEndpoint(catalog: Catalog, service: ServiceName, place: Place): Endpoint | undefined {
  for (const type of TYPES[service]) {
    for (const entry of catalog) {
      if (entry.type !== type) continue
      for (const endpoint of entry.endpoints) {
        const inRegion =
          place.region === undefined || endpoint.region === place.region || endpoint.region_id === place.region
        if (endpoint.interface !== place.interface || !inRegion) continue
        // `volume` may be the long dead v1 or v2.
        if (service === 'cinder' && /\/v[12](\/|$)/.test(endpoint.url)) continue
        return {
          url: versioned(endpoint.url, service, place.projectId),
          region: endpoint.region ?? endpoint.region_id ?? undefined,
        }
      }
    }
  }
  return undefined
}

function versioned(url: string, service: ServiceName, projectId: string | undefined): string {
  const bare = url.replace(/\/+$/, '')
  if (/\/v\d+(\.\d+)?(\/|$)/.test(new URL(bare).pathname)) return bare
  return bare + VERSIONS[service].replace('{p}', projectId ?? '')
}

/** In words, for the person who reads why a service is missing. */
export function describeMissing(catalog: Catalog, service: ServiceName, place: Place): string {
  const entries = catalog.filter(({ type }) => TYPES[service].includes(type))
  const where = `${place.interface} endpoint${place.region === undefined ? '' : ` in region ${place.region}`}`
  if (entries.length === 0) {
    return `the catalog has no service of type ${TYPES[service].join(' or ')}: does this project of this cloud have it?`
  }
  const regions = new Set(
    entries.flatMap(({ endpoints }) => endpoints.map(({ region, region_id }) => region ?? region_id ?? '?')),
  )
  const interfaces = new Set(entries.flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.interface)))
  return `the catalog has no ${where} of it; it has ${[...interfaces].join(', ')} in ${[...regions].join(', ')}: set region and osEndpointType by that`
}

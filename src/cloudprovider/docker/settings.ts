import type { Order } from '../../core/model/order.ts'
import { fnv1aHex } from '../../lib/pure/hash.ts'
import { REPLACES_LABEL } from './machine.ts'
import type { Container, Endpoint } from './schema.ts'

/** Modes in which a container has no endpoint of its own to configure. */
const PLAIN_MODES: ReadonlySet<string> = new Set(['default', 'bridge', 'host', 'none'])
/** The engine names the volumes that nobody named with 64 hex digits. */
const ANONYMOUS_BIND = /^[0-9a-f]{64}:([^:]+)/
const ID_PREFIX_LENGTH = 12

/** The body of `POST /containers/create` for a machine like `old`, with nothing of what `old` has written to itself. */
export function settingsOf(old: Container, image: string): object {
  const { Hostname, Labels, Volumes, ...config } = old.Config
  const binds = old.HostConfig.Binds ?? []
  const anonymous = binds.flatMap((bind) => ANONYMOUS_BIND.exec(bind)?.[1] ?? [])
  return {
    ...config,
    Image: image,
    // A hostname that nobody chose is the beginning of the old id.
    ...(Hostname === shortId(old) ? {} : { Hostname }),
    Labels: { ...Labels, [REPLACES_LABEL]: old.Id },
    Volumes: { ...Volumes, ...Object.fromEntries(anonymous.map((path) => [path, {}])) },
    HostConfig: { ...old.HostConfig, Binds: binds.filter((bind) => !ANONYMOUS_BIND.test(bind)) },
    NetworkingConfig: { EndpointsConfig: firstEndpoint(old) },
  }
}

/** Engines before API 1.44 take one network at creation: the others are connected one by one. */
export function furtherNetworks(old: Container): readonly string[] {
  return Object.keys(old.NetworkSettings.Networks ?? {})
    .filter((name) => !isFirst(old, name))
    .sort()
}

export function endpointOf(old: Container, network: string): object {
  const endpoint: Endpoint = old.NetworkSettings.Networks?.[network] ?? {}
  return {
    IPAMConfig: endpoint.IPAMConfig ?? null,
    Links: endpoint.Links ?? null,
    Aliases: endpoint.Aliases?.filter((alias) => alias !== shortId(old)) ?? null,
    DriverOpts: endpoint.DriverOpts ?? null,
  }
}

/** Where the old container waits while its replacement is made: a name per attempt, the same for every repeat of it. */
export function asideName(order: Order): string {
  return `${order.instance.name}-heald-${fnv1aHex(order.key)}`
}

function firstEndpoint(old: Container): Record<string, object> {
  const mode = old.HostConfig.NetworkMode
  const first = Object.keys(old.NetworkSettings.Networks ?? {}).find((name) => isFirst(old, name))
  return first === undefined || PLAIN_MODES.has(mode) ? {} : { [mode]: endpointOf(old, first) }
}

function isFirst(old: Container, network: string): boolean {
  const mode = old.HostConfig.NetworkMode
  return (
    network === (mode === 'default' ? 'bridge' : mode) || old.NetworkSettings.Networks?.[network]?.NetworkID === mode
  )
}

function shortId(container: Container): string {
  return container.Id.slice(0, ID_PREFIX_LENGTH)
}

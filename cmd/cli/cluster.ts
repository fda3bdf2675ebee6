import { parseReference } from '../../src/daemon/config-boot.ts'
import type { ConfigMapRef } from '../../src/daemon/own-config-map.ts'
import type { Credentials } from '../../src/kube/client/credentials.ts'
import type { KubeHttp } from '../../src/kube/client/http.ts'
import { loadCredentials } from '../../src/kube/client/load-credentials.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { EXIT, ExitError } from './exit.ts'
import type { ClusterOptions, Terminal } from './output.ts'

export interface Cluster {
  readonly http: KubeHttp
  readonly credentials: Credentials
}

/** A person's way to the API server. Throws KubeError `NoCredentials`. */
export async function connect({ kubeconfig, context }: ClusterOptions, terminal: Terminal): Promise<Cluster> {
  const credentials = await loadCredentials({ kubeconfig, context, env: terminal.env })
  return { credentials, http: createTransport(credentials, systemClock) }
}

export function referenceOf(option: string, text: string, example: string): ConfigMapRef {
  const reference = parseReference(text)
  if (reference !== undefined) return reference
  throw new ExitError(EXIT.usage, `heald: ${option} ${text}: expected NAMESPACE/NAME, for example ${example}`)
}
